import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { encodeDeterministic } from '../cbor/encode';
import { SecurityError } from '../rules/security-error';
import { base32 } from '../text/base32';
import { equalBytes, hexOf } from '../text/bytes';

/** Bytes of a public key and of a signature (RFC 8032). */
export const publicKeyBytes = 32;
export const signatureBytes = 64;
/** Bytes of a key id: the first of the thumbprint. */
export const keyIdBytes = 8;

/** DER of a SubjectPublicKeyInfo for Ed25519 (RFC 8410) before the 32 bytes of the key. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * The y coordinates of the points of order 1, 2, 4 and 8, little-endian: under such a key, one signature fits many
 * messages. The test computes them from the curve.
 */
const smallOrder = [
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
];

/** An Ed25519 public key: what a gateway or a coordinator is known by. */
export class PublicKey {
  private constructor(
    readonly bytes: Uint8Array,
    private readonly key: KeyObject,
  ) {}

  /** @throws SecurityError `public-key` for bytes that are no key of rule P-8 */
  static of(bytes: Uint8Array): PublicKey {
    if (bytes.length !== publicKeyBytes)
      throw new SecurityError(
        'public-key',
        `a public key has ${bytes.length} bytes, expected ${publicKeyBytes}`,
      );
    const y = Uint8Array.from(bytes);
    y[31] = y[31]! & 0x7f;
    if (smallOrder.includes(hexOf(y)) || !isBelowPrime(y))
      throw new SecurityError('public-key', 'the public key is of small order or not canonical');
    const own = Uint8Array.from(bytes);
    const der = Buffer.concat([spkiPrefix, own]);
    return new PublicKey(own, createPublicKey({ key: der, format: 'der', type: 'spki' }));
  }

  /** Whether the signature is this key's over these bytes. It throws for no bytes. */
  verify(bytes: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== signatureBytes) return false;
    try {
      return verify(null, bytes, this.key, signature);
    } catch {
      // Bytes that are no point of the curve.
      return false;
    }
  }

  equals(other: PublicKey): boolean {
    return equalBytes(this.bytes, other.bytes);
  }

  /** SHA-256 COSE key thumbprint (RFC 9679). */
  get thumbprint(): Uint8Array {
    const key = new Map<number, number | Uint8Array>([
      [1, 1],
      [-1, 6],
      [-2, this.bytes],
    ]);
    return createHash('sha256').update(encodeDeterministic(key)).digest();
  }

  /** The id that headers carry (P-9). */
  get id(): Uint8Array {
    return Uint8Array.from(this.thumbprint.subarray(0, keyIdBytes));
  }

  /** For people, who compare it on two screens: `8Q2M-V5TA-91KX-7RWC` (P-9). */
  get fingerprint(): string {
    return base32(this.thumbprint.subarray(0, 10)).replace(/.{4}(?=.)/g, '$&-');
  }

  toString(): string {
    return this.fingerprint;
  }

  toJSON(): string {
    return this.fingerprint;
  }
}

/** Whether the little-endian number is below 2^255 - 19. */
function isBelowPrime(y: Uint8Array): boolean {
  if (y[31] !== 0x7f || y[0]! < 0xed) return true;
  return !y.subarray(1, 31).every((byte) => byte === 0xff);
}
