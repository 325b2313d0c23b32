import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';
import { runDemonstration } from '../demonstration/run';

/** `ftte demo`: a federation of made-up people on this machine. */
export const demoCommand: Command = {
  name: 'demo',
  summary:
    'Show a federation that learns: a coordinator and three gateways with made-up people, on this machine.',
  positional: { name: '', expected: 'no argument', isOptional: true },
  options: {
    versions: { type: 'string', short: 'n' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    versions: 'NUMBER: Stop after this version, 1 or more. Default 20.',
    json: 'Print the result as one line of JSON only.',
  },
  details: [
    'The coordinator hosts an MQTT broker on a free port of this machine, and three gateways join over it. Each has the',
    'motion sensors of seven made-up people, learns their six activities within 48 KB of memory, and sends what it has',
    'learned, never a reading. Each version is judged by nine other people. No Node-RED is needed, and no file is written.',
    'Exit codes: 0 done; 1 it failed; 2 wrong arguments; 130 stopped by the user.',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, { out, signal }: CommandContext): Promise<number> {
  if (path !== '') throw new UsageError(`expected no argument, got "${path}"`);
  const versions = options.wholeNumber('versions', 100_000) ?? 20;
  if (versions === 0) throw new UsageError('--versions: expected a whole number of 1 or more, got 0');
  const isQuiet = options.flag('json');
  const say = (text: string) => {
    if (!isQuiet) out.write(`${text}\n`);
  };
  try {
    const result = await runDemonstration({ versions, say, signal });
    if (isQuiet) out.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return signal.aborted ? exitCodes.interrupted : exitCodes.done;
}
