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

/** Names plain data: 16 hexadecimal digits, the same for equal values. */
export const fingerprint = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);

/** JSON with sorted keys, so that equal values give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value);
}
