import type { InvitationSettings } from '../../../gateway/client';
import { describeValue, FtteError } from '../../../gateway/platform';
import type { FederationMembers } from './federation-handle';

/** An action on the members of a federation, as a flow, the dialog or the command line asks for it. */
export interface MemberRequest {
  readonly action?: unknown;
  /** For `revoke` and `readmit`: the member. For `invite`: the id that the gateway gets. */
  readonly id?: unknown;
  /** For `withdraw`. */
  readonly invitation?: unknown;
  /** For `invite`. */
  readonly uses?: unknown;
  readonly expires?: unknown;
  readonly note?: unknown;
  readonly broker?: unknown;
}

export const memberActions = ['invite', 'withdraw', 'revoke', 'readmit', 'members'] as const;
export type MemberAction = (typeof memberActions)[number];

/**
 * Does what is asked for.
 * @returns for `invite`, the line of text that is shown once
 * @throws FtteError `message-invalid` naming the field that is missing; as the methods of `FederationMembers`
 */
export async function actOnMembers(
  members: FederationMembers,
  request: MemberRequest,
): Promise<{ readonly line?: string }> {
  const { action, id, invitation } = request;
  switch (action) {
    case 'members':
      return {};
    case 'invite':
      return { line: await members.invite(settingsOf(request)) };
    case 'withdraw':
      await members.withdraw(textOf('invitation', invitation));
      return {};
    case 'revoke':
      await members.revoke(textOf('id', id));
      return {};
    case 'readmit':
      await members.readmit(textOf('id', id));
      return {};
    default:
      throw wrong('action', `one of ${memberActions.join(', ')}`, action);
  }
}

/** The settings of an invitation; an empty one is left out. The registry checks them. */
function settingsOf({ uses, expires, id, note, broker }: MemberRequest): InvitationSettings {
  const given = { uses: isNumber(uses) ? Number(uses) : uses, expires, id, note, broker };
  for (const field of ['id', 'note', 'broker', 'expires'] as const) {
    const value = given[field];
    if (isSet(value) && typeof value !== 'string' && !(value instanceof Date))
      throw wrong(field, 'a text', value);
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => isSet(value)));
}

const isSet = (value: unknown) => value !== undefined && value !== null && value !== '';
const isNumber = (value: unknown) => typeof value === 'string' && /^\s*\d+\s*$/.test(value);

function textOf(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(field, 'a text', value);
}

function wrong(field: string, expected: string, value: unknown): FtteError {
  const text = `${field}: expected ${expected}, got ${describeValue(value)}`;
  return new FtteError('message-invalid', text, { field });
}
