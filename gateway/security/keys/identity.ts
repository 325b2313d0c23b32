import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { type Entropy, systemEntropy } from '../text/bytes';
import { PublicKey } from './public-key';

/** Bytes of the private half of an identity (RFC 8032, section 5.1.5). */
export const seedBytes = 32;

/** DER of a PKCS 8 private key for Ed25519 (RFC 8410) before the 32 bytes of the seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The identity of a gateway or a coordinator (P-7). The private half stays inside: a text form, JSON or an inspection
 * shows the fingerprint. Only the key file and the encrypted export read it, by `exposeSeed`.
 */
export class Identity {
  readonly publicKey: PublicKey;
  readonly #seed: Uint8Array;
  readonly #key: KeyObject;

  /** @param seed the private half, 32 unpredictable bytes */
  constructor(seed: Uint8Array) {
    if (seed.length !== seedBytes) throw new TypeError(`expected a seed of ${seedBytes} bytes`);
    this.#seed = Uint8Array.from(seed);
    this.#key = createPrivateKey({
      key: Buffer.concat([pkcs8Prefix, seed]),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' });
    this.publicKey = PublicKey.of(spki.subarray(-32));
  }

  /** A new identity. */
  static create(entropy: Entropy = systemEntropy): Identity {
    return new Identity(entropy(seedBytes));
  }

  /** The Ed25519 signature of these bytes: 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, bytes, this.#key));
  }

  get fingerprint(): string {
    return this.publicKey.fingerprint;
  }

  toString(): string {
    return this.fingerprint;
  }

  toJSON(): string {
    return this.fingerprint;
  }

  [inspect.custom](): string {
    return `Identity ${this.fingerprint}`;
  }

  /** A copy of the private half, for the key file and the encrypted export. */
  exposeSeed(): Uint8Array {
    return Uint8Array.from(this.#seed);
  }
}
