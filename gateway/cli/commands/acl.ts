import { writeFile } from 'node:fs/promises';
import { isName, messageOf } from '../../platform';
import { emqxRules, mosquittoRules } from '../../transport';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { fail, type Options, UsageError } from '../command/options';

const writers = { mosquitto: mosquittoRules, emqx: emqxRules } as const;
const brokers = Object.keys(writers) as (keyof typeof writers)[];

/** `ftte acl`: writes the access rules of a federation for a broker. */
export const aclCommand: Command = {
  name: 'acl',
  summary: 'Write the access rules of a federation for an MQTT broker.',
  positional: { name: 'FEDERATION', expected: 'the name of one federation' },
  options: {
    broker: { type: 'string' },
    coordinator: { type: 'string' },
    out: { type: 'string', short: 'o' },
  },
  optionHelp: {
    broker: `WORD: ${brokers.join(' or ')}. Default: mosquitto.`,
    coordinator: "NAME: The coordinator's user at the broker. Default: coordinator.",
    out: 'FILE: Write to this file instead of standard output.',
  },
  details: [
    'Each gateway is a user of the broker that is called like its gateway id. With these rules it publishes below its own',
    'topics only, and receives only what is for it or for all.',
    'Mosquitto: name the file in acl_file. EMQX 5: the file acl.conf; its last rule refuses everything else on the broker.',
    'Exit codes: 0 done, 1 the file cannot be written, 2 wrong arguments.',
  ].join('\n'),
  run,
};

async function run(federation: string, options: Options, context: CommandContext): Promise<number> {
  if (!isName(federation))
    throw new UsageError(`expected a federation with ${names}, got ${JSON.stringify(federation)}`);
  const coordinator = options.text('coordinator') ?? 'coordinator';
  if (!isName(coordinator)) return fail('coordinator', names, coordinator);
  const write = writers[options.choice('broker', brokers) ?? 'mosquitto'];
  const text = `${write({ federation, coordinator }).join('\n')}\n`;
  const out = options.text('out');
  if (out === undefined) {
    context.out.write(text);
    return exitCodes.done;
  }
  try {
    // Mosquitto refuses rules that others could change.
    await writeFile(out, text, { mode: 0o640 });
  } catch (error) {
    context.err.write(`ftte: cannot write ${out}: ${messageOf(error)}\n`);
    return exitCodes.failed;
  }
  context.out.write(`wrote ${out}\n`);
  return exitCodes.done;
}

const names = '1 to 64 letters, digits, dots, dashes or underscores';
