import { randomBytes, timingSafeEqual } from 'node:crypto';

/** A source of unpredictable bytes. Only tests and simulations hand in another than the system's. */
export type Entropy = (count: number) => Uint8Array;

/** Bytes of the operating system's generator. */
export const systemEntropy: Entropy = (count) => new Uint8Array(randomBytes(count));

/** Whether two byte strings are equal, in a time that depends on their lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The bytes in lowercase hex. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
