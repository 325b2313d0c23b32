import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';
import { accessDetails, accessHelp, accessOptions, actOnMembers, type MemberList } from '../members/access';

const changes = ['revoke', 'readmit', 'withdraw'] as const;

/** `ftte members`: lists and changes the members of a federation with invitations. */
export const membersCommand: Command = {
  name: 'members',
  summary: 'List the members and open invitations of a federation, revoke, readmit, or withdraw.',
  positional: { name: '[FEDERATION]', expected: 'one federation at most', isOptional: true },
  options: {
    revoke: { type: 'string' },
    readmit: { type: 'string' },
    withdraw: { type: 'string' },
    json: { type: 'boolean' },
    ...accessOptions,
  },
  optionHelp: {
    revoke:
      'ID: End the membership of a gateway. Its updates do not count from now on, waiting ones included.',
    readmit: 'ID: Let a revoked gateway back in, with the same key.',
    withdraw:
      'INVITATION: End an invitation, by its name in the list. Who has joined with it stays a member.',
    json: 'Print the list as JSON.',
    ...accessHelp,
  },
  details: [accessDetails, 'Exit codes: 0 done, 1 it cannot be reached or stored, 2 wrong arguments.'].join(
    '\n',
  ),
  run,
};

async function run(federation: string, options: Options, { out }: CommandContext): Promise<number> {
  const [change, ...others] = changes.filter((name) => options.text(name) !== undefined);
  if (others.length > 0) throw new UsageError('--revoke, --readmit and --withdraw: expected one of them');
  const value = change && options.text(change);
  const list = await actOnMembers(federation, options, {
    action: change ?? 'members',
    ...(change === 'withdraw' ? { invitation: value } : { id: value }),
  });
  const { line: _, ...shown } = list;
  out.write(options.flag('json') ? `${JSON.stringify(shown, null, 2)}\n` : textOf(list));
  return exitCodes.done;
}

function textOf({ federation, fingerprint, members, invitations }: MemberList): string {
  const rows = members.map(({ id, fingerprint: key, joined, lastSeen, note, revoked }) => [
    id,
    key,
    minute(joined),
    revoked === undefined ? minute(lastSeen) : `revoked ${minute(revoked)}`,
    note,
  ]);
  const open = invitations.map(({ invitation, id = '', uses, usesLeft, expires, note }) => [
    invitation,
    id,
    `${usesLeft}/${uses}`,
    minute(expires),
    note,
  ]);
  return [
    `federation ${federation}, key of the coordinator ${fingerprint}`,
    '',
    ...table(['member', 'key', 'since', 'last seen', 'note'], rows),
    ...(open.length > 0 ? ['', ...table(['invitation', 'for', 'left', 'until', 'note'], open)] : []),
    '',
  ].join('\n');
}

const minute = (time: string) => time.slice(0, 16).replace('T', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [`no ${head[0]}`];
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    row
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
