import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { SecurityError } from '../rules/security-error';
import { type Entropy, systemEntropy } from '../text/bytes';

/** Bytes of an X25519 key and of its secrets (RFC 7748). */
export const x25519Bytes = 32;

/** DER of X25519 keys (RFC 8410) before the 32 bytes. */
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/** An X25519 key pair that lives as long as one run of a coordinator, or one pair of a gateway. It is on no disk. */
export class EphemeralKey {
  /** The public half. */
  readonly publicBytes: Uint8Array;
  readonly #key: KeyObject;

  /** @param entropy the source of the private half */
  constructor(entropy: Entropy = systemEntropy) {
    const der = Buffer.concat([pkcs8Prefix, entropy(x25519Bytes)]);
    this.#key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' });
    this.publicBytes = Uint8Array.from(spki.subarray(-x25519Bytes));
  }

  /** The secret with the holder of another key. @throws SecurityError `zero-secret` for a key of small order (P-20) */
  secretWith(publicBytes: Uint8Array): Uint8Array {
    const der = Buffer.concat([spkiPrefix, publicBytes]);
    let secret: Uint8Array;
    try {
      const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
      secret = diffieHellman({ privateKey: this.#key, publicKey });
    } catch {
      // OpenSSL refuses a secret of zeros itself.
      throw zeroSecret();
    }
    if (secret.every((byte) => byte === 0)) throw zeroSecret();
    return secret;
  }
}

const zeroSecret = () =>
  new SecurityError('zero-secret', 'the X25519 key of the other side is of small order, or no key');
