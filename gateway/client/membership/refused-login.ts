import { FtteError } from '../../platform';
import type { Invitation } from '../../security';
import { troubleOf } from '../../transport';

/**
 * The error of a connection, in the words of a gateway whose login is that of its invitation: nobody typed a password that could be
 * corrected. All other errors stay as they are.
 */
export function explainedLogin<E extends Error>(
  error: E,
  invitation: Pick<Invitation, 'ownLogin'> | undefined,
): E | FtteError {
  if (!invitation?.ownLogin || troubleOf(error) !== 'credentials') return error;
  const text = `${error.message}; the login of this gateway is that of its invitation: was the invitation used by another, withdrawn, or has it expired, or was this gateway revoked? Ask the operator of the coordinator for a new one`;
  return new FtteError('broker', text, { kind: 'invitation' }, { cause: error });
}
