import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { SeededRandom } from '../../../gateway/platform';
import { type Entropy, type RefusalReason, SecurityError } from '../../../gateway/security';

export const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
export const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
export const utf8 = (text: string) => new Uint8Array(Buffer.from(text));

/** Bytes that look random and are the same in each run. */
export function seededEntropy(seed: string): Entropy {
  let draws = 0;
  return (count) => {
    const parts: Buffer[] = [];
    for (let at = 0; at < count; at += 32)
      parts.push(createHash('sha256').update(`${seed} ${draws++}`).digest());
    return new Uint8Array(Buffer.concat(parts).subarray(0, count));
  };
}

/** Checks that a call throws a `SecurityError` of this reason, and returns it. */
export function refused(reason: RefusalReason, call: () => unknown): SecurityError {
  let found: unknown = 'nothing was thrown';
  try {
    call();
  } catch (error) {
    found = error;
  }
  return checked(reason, found);
}

/** The same for a promise. */
export async function refusedLater(reason: RefusalReason, promise: Promise<unknown>): Promise<SecurityError> {
  return checked(
    reason,
    await promise.then(
      () => 'nothing was thrown',
      (error: unknown) => error,
    ),
  );
}

function checked(reason: RefusalReason, found: unknown): SecurityError {
  if (!(found instanceof SecurityError)) throw found instanceof Error ? found : new Error(String(found));
  assert.equal(found.reason, reason, found.message);
  return found;
}

/** Whether a call returns or throws a `SecurityError`; any other error is thrown. */
export function refusesCleanly(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (error instanceof SecurityError) return true;
    throw error;
  }
}

/** Bytes with some of them changed, cut, doubled or replaced: what a hostile client may send. */
export function disturbed(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = Array.from(bytes);
  for (let changes = 1 + random.integer(3); changes > 0; changes--) {
    const at = random.integer(copy.length + 1);
    const way = random.uniform();
    if (way < 0.4) copy[Math.min(at, copy.length - 1)] = random.integer(256);
    else if (way < 0.6) copy.splice(at);
    else if (way < 0.8)
      copy.splice(at, 0, ...Array.from({ length: random.integer(9) }, () => random.integer(256)));
    else copy.splice(at, 1 + random.integer(4));
    if (copy.length === 0) copy.push(random.integer(256));
  }
  return Uint8Array.from(copy);
}

/** Bytes without any order. */
export const noise = (random: SeededRandom, most = 300) =>
  Uint8Array.from({ length: random.integer(most) }, () => random.integer(256));
