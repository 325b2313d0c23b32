import { encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';
import { readSign1, sign1 } from '../cose/sign1';
import { externalData } from '../cose/structure';
import type { Identity } from '../keys/identity';
import type { PublicKey } from '../keys/public-key';

/** Most bytes of the message in a presence. */
const mostContent = 512;

/** The signed part of a presence (P-31). */
export interface SignedPresence {
  /** Start of the gateway, as its hello names it. */
  readonly run: number;
  /** Goes up within a run. */
  readonly number: number;
  /** The message that the presence carries. */
  readonly content: Uint8Array;
}

/** A presence as a COSE_Sign1 for its topic. */
export function signPresence(
  identity: Identity,
  topic: string,
  { run, number, content }: SignedPresence,
): Uint8Array {
  const payload = new Map<number, number | Uint8Array>([
    [1, run],
    [2, number],
    [3, content],
  ]);
  return sign1(identity, encodeDeterministic(payload), externalData(topic));
}

/** @throws SecurityError `forged` unless the holder of the key has signed it, `presence` for another form */
export function readPresence(bytes: Uint8Array, topic: string, key: PublicKey): SignedPresence {
  const message = readSign1(bytes);
  message.verify(key, externalData(topic));
  const fields = Fields.decode(message.payload, 'a presence', 'presence');
  return {
    run: fields.count(1, 'run'),
    number: fields.count(2, 'number'),
    content: fields.bytes(3, 'content', { min: 1, max: mostContent }),
  };
}
