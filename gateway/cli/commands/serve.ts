import {
  createCoordinator,
  type FederationCoordinator,
  type FederationMember,
  joinFederation,
} from '../../client';
import { metricsText } from '../../monitoring';
import { countedLog, type Log, messageOf, noticeCodeOf, systemClock } from '../../platform';
import { type Command, type CommandContext, exitCodes, type Output } from '../command/command';
import { fail, type Options } from '../command/options';
import { roundLine, versionLine } from '../serving/report-lines';
import { readServeFile, type ServedRole } from '../serving/serve-file';
import { WatchServer } from '../serving/watch-server';
import { addWindows } from '../serving/window-lines';

/** `ftte serve`: runs a coordinator or a gateway without Node-RED. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'Run a coordinator or a gateway without Node-RED, until SIGTERM.',
  positional: { name: 'FILE', expected: 'one file of options' },
  options: {
    metrics: { type: 'string' },
    windows: { type: 'boolean' },
  },
  optionHelp: {
    metrics:
      'ADDRESS: Answer /metrics (for Prometheus) and /health at this port, or host:port. Without a host, only this machine can ask.',
    windows:
      'Read windows from standard input: lines of JSON, such as {"window": [[0.1, 9.8], ...], "label": "walking"}.',
  },
  details: [
    'FILE is JSON with the options of createCoordinator or joinFederation in one field:',
    '  { "coordinator": { "federation": "lab", "broker": { "port": 1883 }, "task": "task.json", "folder": "hub" } }',
    '  { "gateway": { "federation": "lab", "broker": "mqtt://hub:1883", "id": "edge-1", "folder": "edge-1" } }',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: people write it so in the file.
    'Paths begin at the folder of FILE. ca, cert and key of tls may be files. ${NAME} is a variable of the environment.',
    'A gateway learns from the windows; a coordinator judges versions by them.',
    'Exit codes: 0 stopped; 1 it failed; 2 wrong arguments or files.',
  ].join('\n'),
  run,
};

type Status = FederationCoordinator['status'];
type Role = FederationCoordinator | FederationMember;

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  const address = options.text('metrics');
  const place = address === undefined ? undefined : placeOf(address);
  const served = await readServeFile(path, process.env);
  const log = countedLog(lineLog(context.out, context.err), systemClock);
  const begunMs = systemClock.now();
  let role: Role | undefined;
  const server = place && new WatchServer(() => role ?? starting(begunMs));
  try {
    if (server && place) {
      const url = await server.start(place.host, place.port);
      context.out.write(`${url}/metrics and ${url}/health answer\n`);
    }
    role = await start(served, log, context.signal);
    report(role, context.out);
    if (options.flag('windows') && context.input) read(context.input, role, log, context.signal);
    await aborted(context.signal);
    return exitCodes.done;
  } catch (error) {
    if (context.signal.aborted) return exitCodes.done;
    throw error;
  } finally {
    await role?.close();
    await server?.stop();
  }
}

function start({ kind, options }: ServedRole, log: Log, signal: AbortSignal): Promise<Role> {
  return kind === 'coordinator'
    ? createCoordinator({ ...options, log })
    : joinFederation({ ...options, log, signal });
}

/** Time in which a role that starts is no fault, ms. */
const startMs = 30_000;

/** The answers of a role that waits for its broker or its task. */
const starting = (begunMs: number) => ({
  get health() {
    return { isFaulty: systemClock.now() - begunMs >= startMs, reason: 'starting' };
  },
  metrics: ({ byGateway }: { readonly byGateway: boolean }) =>
    metricsText([], { nowMs: systemClock.now(), byGateway }),
});

function report(role: Role, out: Output): void {
  if ('members' in role) {
    const { brokerUrl } = role;
    if (brokerUrl !== undefined) out.write(`the broker is at ${brokerUrl}\n`);
    sayPhases(role, out);
    role.on('version', (version) => out.write(`${versionLine(version)}\n`));
    return;
  }
  out.write(`joined the task "${role.status.refusal ? '(waits to be accepted)' : role.task.name}"\n`);
  role.on('round', (round) => out.write(`${roundLine(round)}\n`));
}

/** Phases in which a coordinator does not work on its model. */
const idle: readonly Status['phase'][] = ['starting', 'standby', 'refused', 'stopped'];

/** Says when a coordinator begins to work, and when it stands by. What is wrong was said as an error. */
function sayPhases(role: FederationCoordinator, out: Output): void {
  let said = '';
  const say = ({ phase, shared, version }: Status) => {
    const standby = phase === 'standby' ? `standing by: ${shared?.leader?.coordinator} leads` : '';
    // An error in the middle, and its end, are said by themselves.
    const now = idle.includes(phase) ? standby || said : 'coordinating';
    if (now === said) return;
    said = now;
    out.write(`${standby || `coordinating from version ${version}`}\n`);
  };
  say(role.status);
  role.on('status', say);
}

function read(input: NonNullable<CommandContext['input']>, role: Role, log: Log, signal: AbortSignal): void {
  // The input ends with the process.
  const onProblem = (error: unknown) => {
    if (!signal.aborted) log.warn(messageOf(error), noticeCodeOf(error));
  };
  void addWindows(input, role, onProblem).catch(onProblem);
}

/** A line per notice: news to one output, warnings and errors to the other. */
const lineLog = (out: Output, err: Output): Log => ({
  info: (text) => out.write(`${text}\n`),
  warn: (text, code) => err.write(`warning [${code}] ${text}\n`),
  error: (text, code) => err.write(`error [${code}] ${text}\n`),
});

/** @throws UsageError */
function placeOf(address: string): { host: string; port: number } {
  const [, name = '127.0.0.1', digits = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(address) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) return fail('metrics', 'a port from 0 to 65535, or host:port', address);
  return { host: name.replace(/^\[(.*)\]$/, '$1'), port };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
