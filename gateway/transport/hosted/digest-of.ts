import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Keyed, so that a digest that is held in memory is of no use elsewhere. */
const key = randomBytes(32);

/** Digest of a secret, to compare it later in constant time. */
export function digestOf(secret: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(secret).digest();
}

export function sameDigest(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b);
}
