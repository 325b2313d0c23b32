import type { UpdateEncoding } from '../task';

/** A tensor as it travels: a map with `encoding` and what that encoding needs. New encodings are new shapes here. */
export type EncodedTensor =
  | { readonly encoding: 'float32'; readonly values: Float32Array }
  | { readonly encoding: 'int8'; readonly scale: number; readonly values: Int8Array };

/** Below this a float32 is subnormal: a scale like that stands for nothing worth sending. */
const smallestNormal = 2 ** -126;

/**
 * Puts values into the form they travel in. `int8` is symmetric with one scale: scale = float32(max |x| / 127),
 * q = sign(x) * min(127, floor(|x| / scale + 1/2)), computed in binary64: halves round away from zero, and -x gives -q.
 * All zero, or a scale under 2^-126, gives scale 0. A value that is not finite, or one so large that 127 * scale is not,
 * gives scale NaN, so that the receiver sees NaN everywhere and can refuse the whole with its reason.
 */
export function quantise(values: Float32Array, encoding: UpdateEncoding): EncodedTensor {
  if (encoding === 'float32') return { encoding, values };
  const quantised = new Int8Array(values.length);
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    // NaN, once there, stays: nothing is larger.
    if (size > largest || Number.isNaN(size)) largest = size;
  }
  const scale = Math.fround(largest / 127);
  if (!Number.isFinite(Math.fround(scale * 127))) return { encoding, scale: Number.NaN, values: quantised };
  if (scale < smallestNormal) return { encoding, scale: 0, values: quantised };
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const level = Math.min(127, Math.floor(Math.abs(value) / scale + 0.5));
    quantised[i] = value < 0 ? -level : level;
  }
  return { encoding, scale, values: quantised };
}

/** The values a receiver works with: float32(q * scale). */
export function dequantise(encoded: EncodedTensor): Float32Array {
  if (encoded.encoding === 'float32') return encoded.values;
  const { scale, values } = encoded;
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = values[i]! * scale;
  return result;
}

/** The exact float32 values that whoever decodes `values` sent as `encoding` will see; the rest is rounding residue. */
export function asReceived(values: Float32Array, encoding: UpdateEncoding): Float32Array {
  return encoding === 'float32' ? values.slice() : dequantise(quantise(values, encoding));
}
