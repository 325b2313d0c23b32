import { fromFloat16, toFloat16 } from '../platform';

/** A tensor as it travels: a map with `encoding` and what that encoding needs. New encodings are new shapes here. */
export type EncodedTensor =
  | { readonly encoding: 'float32'; readonly values: Float32Array }
  /** Two bytes a value, binary16, little endian. */
  | { readonly encoding: 'float16'; readonly values: Uint8Array }
  | { readonly encoding: 'int8'; readonly scale: number; readonly values: Int8Array }
  /** As `int8`, with a scale for each 64 values. */
  | { readonly encoding: 'int8-blocks'; readonly scales: Float32Array; readonly values: Int8Array };

/** The forms in which values travel (docs/protocol.md, Tensors). */
export type TensorEncoding = EncodedTensor['encoding'];

/** Values of `int8-blocks` that share a scale; the last block may be shorter. */
export const blockLength = 64;

/** Values of one tensor: as float32 they take as much as the largest message, in whatever form they came. */
export const maxValues = 4 * 1024 * 1024;

/** Below this a float32 is subnormal: a scale like that stands for nothing worth sending. */
const smallestNormal = 2 ** -126;

/**
 * Puts values into the form they travel in. `int8` is symmetric with one scale: scale = float32(max |x| / 127),
 * q = sign(x) * min(127, floor(|x| / scale + 1/2)), computed in binary64: halves round away from zero, and -x gives -q.
 * All zero, or a scale under 2^-126, gives scale 0. A value that is not finite, or one so large that 127 * scale is not,
 * gives scale NaN, so that the receiver sees NaN everywhere and can refuse the whole with its reason.
 */
export function quantise(values: Float32Array, encoding: TensorEncoding): EncodedTensor {
  switch (encoding) {
    case 'float32':
      return { encoding, values };
    case 'float16':
      return { encoding, values: toFloat16(values) };
    case 'int8':
      return { encoding, ...toInt8(values) };
    case 'int8-blocks':
      return { encoding, ...toInt8Blocks(values) };
  }
}

function toInt8Blocks(values: Float32Array): { scales: Float32Array; values: Int8Array } {
  const scales = new Float32Array(Math.ceil(values.length / blockLength));
  const quantised = new Int8Array(values.length);
  for (let block = 0; block < scales.length; block++) {
    const from = block * blockLength;
    const part = toInt8(values.subarray(from, from + blockLength));
    scales[block] = part.scale;
    quantised.set(part.values, from);
  }
  return { scales, values: quantised };
}

function toInt8(values: Float32Array): { scale: number; values: Int8Array } {
  const quantised = new Int8Array(values.length);
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    // NaN, once there, stays: nothing is larger.
    if (size > largest || Number.isNaN(size)) largest = size;
  }
  const scale = Math.fround(largest / 127);
  if (!Number.isFinite(Math.fround(scale * 127))) return { scale: Number.NaN, values: quantised };
  if (scale < smallestNormal) return { scale: 0, values: quantised };
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const level = Math.min(127, Math.floor(Math.abs(value) / scale + 0.5));
    quantised[i] = value < 0 ? -level : level;
  }
  return { scale, values: quantised };
}

/** The values a receiver works with: float32(q * scale), or what the encoding holds as it is. */
export function dequantise(encoded: EncodedTensor): Float32Array {
  switch (encoded.encoding) {
    case 'float32':
      return encoded.values;
    case 'float16':
      return fromFloat16(encoded.values);
    case 'int8':
      return fromInt8(encoded.values, () => encoded.scale);
    case 'int8-blocks':
      return fromInt8(encoded.values, (i) => encoded.scales[Math.floor(i / blockLength)]!);
  }
}

function fromInt8(values: Int8Array, scaleOf: (i: number) => number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = values[i]! * scaleOf(i);
  return result;
}

/** The exact float32 values that whoever decodes `values` sent as `encoding` will see; the rest is rounding residue. */
export function asReceived(values: Float32Array, encoding: TensorEncoding): Float32Array {
  return encoding === 'float32' ? values.slice() : dequantise(quantise(values, encoding));
}
