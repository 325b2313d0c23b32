import { readFileSync } from 'node:fs';
import { isName, type SealedForm, sealed, storageError, unsealedNow, writeAtomically } from '../../platform';
import { type CborValue, encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';
import { type BrokerCredentials, isBrokerUrl, mostAuthority, mostCredential } from '../invitation/invitation';
import { PublicKey, publicKeyBytes } from '../keys/public-key';
import type { ClaimMark } from '../pair/claim';
import { SecurityError } from '../rules/security-error';

const form: SealedForm = { magic: 'FTTEJOI1', digest: 'end' };

/** The facts that a gateway keeps of the federation that it joins. The secret of the invitation is not part of it. */
export interface OwnMembership {
  readonly federation: string;
  readonly gateway: string;
  readonly broker: string;
  readonly credentials?: BrokerCredentials;
  /** The certificate (DER) that the broker's certificate is trusted by. */
  readonly authority?: Uint8Array;
  /** The pinned key. */
  readonly coordinator: PublicKey;
  /** The coordinator has let this gateway in. */
  readonly admitted: boolean;
  /** The newest claim (P-13). */
  readonly mark?: ClaimMark;
}

/**
 * Reads the membership of this gateway, in one turn: the file has a few hundred bytes, and a node has to know its names when
 * it is made. Undefined if there is none.
 * @throws SecurityError `membership-damaged`; FtteError `storage`
 */
export function readOwnMembership(path: string): OwnMembership | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storageError('cannot read', path, error);
  }
  const damaged = (what: string) =>
    new SecurityError(
      'membership-damaged',
      `the file of this gateway's membership, ${path}, is damaged: ${what}. Put it back from a backup, or remove it and join ` +
        'again with an invitation',
      { path },
    );
  const content = unsealedNow(form, bytes, damaged);
  try {
    const fields = Fields.decode(content, 'the membership', 'membership-damaged');
    return {
      federation: fields.checked(1, 'federation', isName, 'a name'),
      gateway: fields.checked(2, 'gateway', isName, 'a name'),
      broker: fields.checked(3, 'broker', isBrokerUrl, 'an address'),
      coordinator: PublicKey.of(fields.bytes(4, 'coordinator', { max: publicKeyBytes })),
      admitted: fields.count(5, 'admitted', 1) === 1,
      ...(fields.has(6) && { mark: { term: fields.count(6, 'term'), run: fields.count(7, 'run') } }),
      ...(fields.has(8) && {
        credentials: {
          user: fields.text(8, 'user', { max: mostCredential }),
          password: fields.text(9, 'password', { max: mostCredential }),
        },
      }),
      ...(fields.has(10) && {
        authority: Uint8Array.from(fields.bytes(10, 'authority', { min: 1, max: mostAuthority })),
      }),
    };
  } catch (error) {
    if (error instanceof SecurityError) throw damaged(error.message);
    throw error;
  }
}

/** Writes it, for the owner of the file alone: it may hold the password of the broker. @throws FtteError `storage` */
export async function saveOwnMembership(path: string, membership: OwnMembership): Promise<void> {
  const { federation, gateway, broker, coordinator, admitted, mark, credentials, authority } = membership;
  const map = new Map<number, CborValue>([
    [1, federation],
    [2, gateway],
    [3, broker],
    [4, coordinator.bytes],
    [5, admitted ? 1 : 0],
  ]);
  if (mark) map.set(6, mark.term).set(7, mark.run);
  if (credentials) map.set(8, credentials.user).set(9, credentials.password);
  if (authority) map.set(10, authority);
  await writeAtomically(path, await sealed(form, [encodeDeterministic(map)]));
}
