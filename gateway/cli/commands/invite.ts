import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';
import { accessDetails, accessHelp, accessOptions, actOnMembers } from '../members/access';

/** `ftte invite`: makes an invitation to a federation. */
export const inviteCommand: Command = {
  name: 'invite',
  summary: 'Make an invitation: one line of text with which a gateway joins a federation.',
  positional: { name: '[FEDERATION]', expected: 'one federation at most', isOptional: true },
  options: {
    uses: { type: 'string' },
    expires: { type: 'string' },
    id: { type: 'string' },
    note: { type: 'string' },
    broker: { type: 'string' },
    hosted: { type: 'boolean' },
    ...accessOptions,
  },
  optionHelp: {
    uses: 'N: Gateways that may join with it. Default: 1.',
    expires: 'SPAN: Its end from now, such as 30m, 48h or 7d. Default: 7d.',
    id: 'ID: The id that the gateway gets. Default: the gateway chooses.',
    note: 'TEXT: For the list of members: for whom it is.',
    broker:
      'URL: The address at which the gateway reaches the broker. Needed with --folder, and then with user:password@ if the broker has them.',
    hosted: 'With --folder: the coordinator hosts the broker, where each gateway has a user of its own.',
    ...accessHelp,
  },
  details: [
    'The line goes to standard output. Send it like a password: whoever has it can join. It is not shown again.',
    accessDetails,
    'Exit codes: 0 done, 1 it cannot be reached or stored, 2 wrong arguments.',
  ].join('\n'),
  run,
};

async function run(federation: string, options: Options, { out, err }: CommandContext): Promise<number> {
  const uses = options.wholeNumber('uses');
  const { line, ...list } = await actOnMembers(federation, options, {
    action: 'invite',
    uses: uses === undefined ? undefined : String(uses),
    expires: options.text('expires'),
    id: options.text('id'),
    note: options.text('note'),
    broker: options.text('broker'),
    ...(options.flag('hosted') && { hosted: 'true' }),
  });
  if (line === undefined)
    throw new UsageError('the answer has no invitation: is that a Node-RED with this package?');
  out.write(`${line}\n`);
  err.write(`for the federation ${list.federation}, whose coordinator has the key ${list.fingerprint}\n`);
  return exitCodes.done;
}
