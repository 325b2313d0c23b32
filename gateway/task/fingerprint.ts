import { createHash } from 'node:crypto';

/**
 * Names the parameters that version 0 starts from: 16 hexadecimal digits. In a task (`initial`) it makes a model of its
 * own of the same layers, which no gateway can take for the seed's.
 */
export function parametersFingerprint(parameters: Float32Array): string {
  const bytes = Buffer.alloc(4 * parameters.length);
  parameters.forEach((value, i) => {
    bytes.writeFloatLE(value, 4 * i);
  });
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
