import { encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';

/** Bytes of the secret that a group key comes from. */
export const groupSecretBytes = 32;

/** The group key of one epoch. */
export interface GroupSecret {
  readonly epoch: number;
  readonly secret: Uint8Array;
}

/** The content of a welcome: it is sealed for one member. */
export interface Welcome extends GroupSecret {
  /** The lowest counter that the member's next update may have: above all that the coordinator has (P-28). */
  readonly counter: number;
}

/** A welcome as bytes, to be sealed for its member (P-22). */
export function encodeWelcome({ epoch, secret, counter }: Welcome): Uint8Array {
  return encodeDeterministic(
    new Map<number, number | Uint8Array>([
      [1, epoch],
      [2, secret],
      [3, counter],
    ]),
  );
}

/** @throws SecurityError `welcome` */
export function decodeWelcome(bytes: Uint8Array): Welcome {
  const fields = Fields.decode(bytes, 'a welcome', 'welcome');
  return {
    epoch: fields.count(1, 'epoch', 2 ** 48),
    secret: fields.bytes(2, 'secret', { max: groupSecretBytes }),
    counter: fields.count(3, 'counter'),
  };
}
