import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type BrokerTarget, diagnose, type Finding, findingLine, hasFailed, summary } from '../../diagnosis';
import { systemClock, systemRandom } from '../../platform';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import type { Options } from '../command/options';
import { readTarget } from './doctor-target';

/** `ftte doctor`: checks machine, broker and federation. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check machine, broker and federation, and say what to do.',
  positional: { name: '[FLOWS.json]', expected: 'one file of flows at most', isOptional: true },
  options: {
    url: { type: 'string' },
    federation: { type: 'string' },
    gateway: { type: 'string' },
    role: { type: 'string' },
    user: { type: 'string' },
    'password-file': { type: 'string' },
    ca: { type: 'string' },
    'user-dir': { type: 'string' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    url: 'URL: The broker: mqtt://, mqtts://, ws:// or wss:// with a host.',
    federation: 'NAME: The federation. With several in FLOWS.json, one of them.',
    gateway:
      'ID: Check the rights of this gateway instead of one that nobody has. With several in FLOWS.json, one of them.',
    role: 'ROLE: gateway or coordinator: the role of this user. Default: the rights of a coordinator are only a warning.',
    user: 'NAME: The user at the broker.',
    'password-file': 'FILE: Its password, in a file of one line.',
    ca: 'FILE: The certificate of the authority that signed that of the broker.',
    'user-dir':
      'FOLDER: The user directory of Node-RED. Default: that of FLOWS.json, or ~/.node-red if there is one.',
    json: 'Print the findings as JSON.',
  },
  details: [
    'With FLOWS.json of Node-RED, address and names come from its federation node; the options above take precedence.',
    'Passwords are encrypted there, so that --user and --password-file are needed with them. Without a federation the',
    'machine alone is checked. A federation at work notices nothing, and nothing stays on the broker.',
    'Exit codes: 0 no check failed, 1 a check failed, 2 wrong arguments or files.',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  const { target, folder } = await readTarget(path === '' ? undefined : path, options);
  const userDir = options.text('user-dir') ?? folder ?? usualFolder();
  const findings: Finding[] = [];
  const isJson = options.flag('json');
  for await (const finding of diagnose(diagnosisOf(target, userDir))) {
    findings.push(finding);
    if (!isJson) context.out.write(findingLine(finding));
    if (context.signal.aborted) return exitCodes.interrupted;
  }
  context.out.write(isJson ? `${JSON.stringify(findings, null, 2)}\n` : `\n${summary(findings)}\n`);
  return hasFailed(findings) ? exitCodes.failed : exitCodes.done;
}

function diagnosisOf(target: BrokerTarget | undefined, userDir: string | undefined) {
  return {
    ...(target && { target }),
    ...(userDir !== undefined && { userDir }),
    clock: systemClock,
    random: systemRandom(),
  };
}

function usualFolder(): string | undefined {
  const folder = join(homedir(), '.node-red');
  return existsSync(folder) ? folder : undefined;
}
