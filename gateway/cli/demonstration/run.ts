import {
  createCoordinator,
  type FederationCoordinator,
  type FederationMember,
  joinFederation,
} from '../../client';
import { parameterLayout } from '../../model';
import { systemClock, yieldToEventLoop } from '../../platform';
import type { LabelledWindow } from '../../stream';
import { parseTask, type Task, taskModel } from '../../task';
import { numbers, windowsOf } from './people';
import { demonstrationTask } from './task';

const federation = 'demo';
const budgetBytes = 48 * 1024;
/** Seven people for each gateway, and nine others to judge by. */
const gateways = { 'gateway-a': numbers(1, 7), 'gateway-b': numbers(8, 14), 'gateway-c': numbers(15, 21) };
const judges = numbers(22, 30);
/** Windows that are made in one turn of the event loop. */
const turn = 16;
/** Pause after a turn of each gateway: about 50 times the speed of real sensors. */
const pauseMs = 400;

/** Options of a demonstration. */
export interface DemonstrationOptions {
  /** It ends with this version. */
  readonly versions: number;
  /** Takes one line for a person. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The outcome of a demonstration. */
export interface DemonstrationResult {
  readonly version: number;
  readonly accuracy: number | undefined;
  readonly chance: number | undefined;
  readonly contributions: number;
  /** Bytes of all updates in versions. */
  readonly updateBytes: number;
  /** Largest training program of a gateway. */
  readonly trainingBytes: number;
  readonly firstVersionSeconds: number | undefined;
  readonly seconds: number;
}

/** Runs a coordinator and three gateways in this process, which speak over a broker in it. */
export async function runDemonstration(options: DemonstrationOptions): Promise<DemonstrationResult> {
  const { say, signal } = options;
  const begunMs = systemClock.now();
  const secondsNow = () => Math.round((systemClock.now() - begunMs) / 100) / 10;
  const task = parseTask(demonstrationTask);
  say('A coordinator starts, with an MQTT broker of its own ...');
  const hub = await createCoordinator({ federation, broker: { port: 0 }, task, leaseWaitMs: 500 });
  const members: FederationMember[] = [];
  const result = { trainingBytes: 0, contributions: 0, updateBytes: 0, version: 0 };
  let quality: { accuracy: number | undefined; chance: number | undefined } | undefined;
  let firstVersionSeconds: number | undefined;
  const end = new AbortController();
  try {
    await judge(hub, task, say);
    const versions = hub.versions();
    const stop = () => void versions.return?.();
    signal.addEventListener('abort', stop, { once: true });
    await Promise.all(
      Object.keys(gateways).map(async (id) => {
        const broker = hub.brokerUrl ?? '';
        const member = await joinFederation({
          federation,
          broker,
          id,
          budget: budgetBytes,
          personal: 'off',
          signal,
        });
        members.push(member);
        member.on('round', ({ peakBytes }) => {
          result.trainingBytes = Math.max(result.trainingBytes, peakBytes);
        });
      }),
    );
    say(introduction(hub, task));
    for (const [i, people] of Object.values(gateways).entries()) {
      const member = members[i];
      if (member) void play(member, task, people, end.signal);
    }
    for await (const report of versions) {
      const { version, accuracy, average, updateBytes, contributions } = report;
      firstVersionSeconds ??= secondsNow();
      result.version = version;
      result.contributions += contributions.length;
      result.updateBytes += updateBytes;
      quality = { accuracy, chance: average?.chance };
      const from = contributions.map(({ gateway, age }) => `${gateway} (age ${age})`).join(', ');
      const kilobytes = (result.trainingBytes / 1024).toFixed(1);
      say(
        `version ${String(version).padStart(3)}: balanced accuracy ${accuracy?.toFixed(3) ?? '-'}, ${updateBytes} bytes from ${from}, trained in ${kilobytes} KB`,
      );
      if (version >= options.versions) break;
    }
  } finally {
    end.abort();
    await Promise.all(members.map((member) => member.close()));
    await hub.close();
  }
  const done = {
    ...{ ...result, accuracy: quality?.accuracy, chance: quality?.chance },
    ...{ firstVersionSeconds, seconds: secondsNow() },
  };
  say(ending(done, task));
  return done;
}

/** Gives the coordinator windows to judge versions by. */
async function judge(hub: FederationCoordinator, task: Task, say: (text: string) => void): Promise<void> {
  let count = 0;
  for (const { window, label } of windowsOf(task, judges, 1)) {
    if (label === undefined) continue;
    hub.add(window, label);
    if (++count % turn === 0) await yieldToEventLoop();
  }
  say(`It judges versions by ${count} windows of ${judges.length} people.`);
}

/** Plays the people of a gateway again and again, until the end. */
async function play(
  member: FederationMember,
  task: Task,
  people: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const batches = batchesOf(windowsOf(task, people));
    for (const windows of batches) {
      if (signal.aborted) return;
      for (const { window, label } of windows) if (label !== undefined) member.add(window, label);
      await new Promise<void>((resume) => systemClock.after(pauseMs, resume, { holdsProcess: true }));
    }
  }
}

function* batchesOf(windows: Iterable<LabelledWindow>): Iterable<readonly LabelledWindow[]> {
  let some: LabelledWindow[] = [];
  for (const window of windows) {
    some.push(window);
    if (some.length < turn) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

const introduction = (hub: FederationCoordinator, task: Task) =>
  [
    `Three gateways have joined over ${hub.brokerUrl}. Each learns ${task.labels.length} activities from the motion sensors of 7 made-up people`,
    `within ${budgetBytes / 1024} KB of memory, and sends what it has learned: no reading leaves it.`,
    '',
  ].join('\n');

function ending(result: DemonstrationResult, task: Task): string {
  const {
    version,
    accuracy,
    chance,
    contributions,
    updateBytes,
    trainingBytes,
    firstVersionSeconds,
    seconds,
  } = result;
  if (version === 0) return 'Stopped before the first version.';
  const parameters = parameterLayout(taskModel(task)).size;
  const each = Math.round(updateBytes / Math.max(1, contributions));
  return [
    '',
    `The first version came after ${firstVersionSeconds} s. After ${seconds} s: version ${version}, balanced accuracy ${accuracy?.toFixed(3)} (guessing: ${chance?.toFixed(3)}), ${contributions} updates of ${each} bytes`,
    `on average (all ${parameters} parameters as float32: ${parameters * 4} bytes), training in at most ${(trainingBytes / 1024).toFixed(1)} KB.`,
    '',
    'Where to go next:',
    '  with your own sensor    npm pack, then Manage palette → Install → Upload in the editor of Node-RED, and import an example',
    '  without Node-RED        npx ftte serve --help where the package is installed, and its createCoordinator and joinFederation',
    '  many gateways at once   npx ftte simulate --help',
  ].join('\n');
}
