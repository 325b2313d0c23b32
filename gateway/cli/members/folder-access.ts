import { CoordinatorMembership, hasMembers, readBrokerUrl } from '../../client';
import { FtteError, isName, messageOf, systemClock } from '../../platform';
import { UsageError } from '../command/options';
import type { MemberRequest, MembersAccess } from './access';

/**
 * The members in the folder of a coordinator that does not run.
 * @throws UsageError for another folder; FtteError `storage` if a process uses it
 */
export async function openFolder(folder: string, federation: string): Promise<MembersAccess> {
  if (!isName(federation)) throw new UsageError(`expected the name of a federation, got "${federation}"`);
  if (!(await hasMembers(folder)))
    throw new UsageError(
      `--folder: expected the folder of a coordinator that invites gateways, got ${folder}, which has no security/members.bin`,
    );
  const problems: unknown[] = [];
  const membership = await CoordinatorMembership.open({
    folder,
    federation,
    id: 'coordinator',
    clock: systemClock,
    onRefused: () => undefined,
    onProblem: (error) => problems.push(error),
  });
  return {
    async act(request) {
      const line = await act(membership, request);
      const { fingerprint, members, invitations } = membership;
      // Times are texts, as they come from Node-RED.
      return JSON.parse(JSON.stringify({ federation, fingerprint, members, invitations, line }));
    },
    async close() {
      await membership.close();
      if (problems.length > 0) throw new FtteError('storage', messageOf(problems[0]));
    },
  };
}

async function act(membership: CoordinatorMembership, request: MemberRequest): Promise<string | undefined> {
  const { action, id = '', invitation = '' } = request;
  switch (action) {
    case 'invite':
      return invite(membership, request);
    case 'revoke':
      await membership.revoke(id);
      return undefined;
    case 'readmit':
      await membership.readmit(id);
      return undefined;
    case 'withdraw':
      await membership.withdraw(invitation);
      return undefined;
    default:
      return undefined;
  }
}

function invite(
  membership: CoordinatorMembership,
  { uses, expires, id, note, broker, hosted }: MemberRequest,
): Promise<string> {
  if (broker === undefined)
    throw new UsageError('--broker: expected the address at which gateways reach the broker, got nothing');
  const settings = {
    ...(uses !== undefined && { uses: Number(uses) }),
    ...(expires !== undefined && { expires }),
    ...(id !== undefined && { id }),
    ...(note !== undefined && { note }),
  };
  return membership.invite(settings, addressOf(broker, hosted !== undefined));
}

function addressOf(broker: string, isHosted: boolean) {
  const invalid = (hint: string) =>
    new FtteError('config-invalid', `--broker: expected an address such as mqtt://10.0.0.5:1883${hint}`, {
      field: 'broker',
    });
  const { url, credentials } = readBrokerUrl(broker, invalid);
  return {
    broker: url.href,
    ...(credentials && { credentials }),
    ...(isHosted && { ownLogin: true }),
  };
}
