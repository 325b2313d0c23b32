import { createHmac } from 'node:crypto';
import { isName } from '../../platform';
import { encodeDeterministic } from '../cbor/encode';
import { equalBytes } from '../text/bytes';
import type { BrokerCredentials } from './invitation';

/** The invitation behind a login: its id, and the key from its secret (`proofKeyOf`). */
interface LoginKey {
  /** In hex. */
  readonly id: string;
  readonly proofKey: Uint8Array;
}

/**
 * The user and password of one gateway at a broker that its coordinator hosts (P-34). Both sides compute them, so that an
 * invitation for several gateways gives each of them a user of its own.
 */
export function brokerLogin(
  { id, proofKey }: LoginKey,
  federation: string,
  gateway: string,
): BrokerCredentials {
  const content = encodeDeterministic(['ftte broker', federation, gateway]);
  const password = createHmac('sha256', proofKey).update(content).digest('base64url');
  return { user: `${gateway}/${id}`, password };
}

/** The gateway and the invitation that a user name names. Undefined for every other name. */
export function readBrokerUser(
  user: string,
): { readonly gateway: string; readonly invitation: string } | undefined {
  const [gateway, invitation = '', ...more] = user.split('/');
  return isName(gateway) && /^[0-9a-f]+$/.test(invitation) && more.length === 0
    ? { gateway, invitation }
    : undefined;
}

/** Whether a password is that of a login, in constant time. */
export function isBrokerPassword(
  password: string,
  key: LoginKey,
  federation: string,
  gateway: string,
): boolean {
  return equalBytes(Buffer.from(password), Buffer.from(brokerLogin(key, federation, gateway).password));
}
