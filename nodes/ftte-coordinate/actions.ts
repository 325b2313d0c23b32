import type { CoordinatorRole } from '../../gateway/coordinator';
import { describeValue, FtteError } from '../../gateway/platform';
import {
  actOnMembers,
  type FederationHandle,
  type MemberAction,
  type MemberRequest,
  memberActions,
} from '../runtime';

const ownActions = [
  'apply',
  'pause',
  'resume',
  'checkpoint',
  'rollback',
  'reset',
  'forget',
  'release',
  'export',
] as const;
/** The actions that a message may ask for. */
export const actions = [...ownActions, 'status', ...memberActions] as const;

/** Does what is asked for. @throws FtteError `message-invalid` naming the field that is wrong; as the methods of the coordinator */
export async function act(
  coordinator: CoordinatorRole,
  action: Exclude<(typeof ownActions)[number], 'export'>,
  msg: { readonly version?: unknown; readonly id?: unknown },
): Promise<void> {
  switch (action) {
    case 'apply':
      return coordinator.applyNow();
    case 'pause':
      return coordinator.pause();
    case 'resume':
      return coordinator.resume();
    case 'checkpoint':
      return coordinator.checkpoint();
    case 'reset':
      return coordinator.reset();
    case 'forget':
      return coordinator.forgetHeldOut();
    case 'release': {
      const { id } = msg;
      if (typeof id === 'string' && id !== '') return coordinator.release(id);
      throw new FtteError(
        'message-invalid',
        `msg.id: expected the id of a gateway in quarantine, got ${describeValue(id)}`,
      );
    }
    case 'rollback': {
      const { version } = msg;
      if (version === undefined) return coordinator.rollback();
      if (typeof version === 'number' && Number.isInteger(version) && version >= 0)
        return coordinator.rollback(version);
      throw new FtteError(
        'message-invalid',
        `msg.version: expected the number of a version, got ${describeValue(version)}`,
      );
    }
  }
}

export const isMemberAction = (action: (typeof actions)[number] | undefined): action is MemberAction =>
  memberActions.some((one) => one === action);

/** The answer to an action on members: the line of an invitation, or members and open invitations. */
export async function membersAnswer(handle: FederationHandle, request: MemberRequest): Promise<unknown> {
  const { members, membership } = handle;
  if (!members)
    throw new FtteError(
      'not-ready',
      membership === 'open'
        ? 'the federation is open: members need a federation whose coordinator invites gateways'
        : 'the members have not been read yet: look at the log',
    );
  const { line } = await actOnMembers(members, request);
  return (
    line ?? { fingerprint: members.fingerprint, members: members.members, invitations: members.invitations }
  );
}
