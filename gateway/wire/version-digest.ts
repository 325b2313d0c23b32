import { createHash } from 'node:crypto';
import type { Resumable } from '../platform';
import type { ModelVersion } from './messages';

/** Bytes between two pauses: half a millisecond on a PC, a few on a Raspberry Pi. */
const bytesPerTurn = 512 * 1024;
const digestBytes = 8;

/**
 * Names the parameters of a version, as 16 hex digits: the first 8 bytes of the SHA-256 of the lineage (8 bytes), the version
 * (8 bytes) and the parameters (binary32), all little endian. Who holds the same version holds the same bits.
 */
export function* versionDigest(
  { lineage, version }: ModelVersion,
  parameters: Float32Array,
): Resumable<string> {
  const hash = createHash('sha256').update(Buffer.from(lineage, 'hex'));
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(BigInt(version));
  hash.update(number);
  const bytes = new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength);
  for (let at = 0; at < bytes.length; at += bytesPerTurn) {
    hash.update(bytes.subarray(at, at + bytesPerTurn));
    yield;
  }
  return hash.digest().subarray(0, digestBytes).toString('hex');
}
