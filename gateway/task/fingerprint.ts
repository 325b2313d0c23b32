import { createHash } from 'node:crypto';
import { endianness } from 'node:os';

/**
 * Names the parameters that version 0 starts from: 16 hexadecimal digits. In a task (`initial`) it makes a model of its
 * own of the same layers, which no gateway can take for the seed's.
 */
export function parametersFingerprint(parameters: Float32Array): string {
  const { buffer, byteOffset, byteLength } = parameters;
  const bytes = Buffer.from(new Uint8Array(buffer, byteOffset, byteLength));
  if (endianness() === 'BE') bytes.swap32();
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
