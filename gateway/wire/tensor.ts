import { fromFloat16, type Resumable, runSync, stepNumbers, toFloat16, YieldBudget } from '../platform';

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
  return runSync(quantiseSteps(values, encoding));
}

/** The same, with a pause after so many values. `values` must stay as they are until it is done. */
export function* quantiseSteps(values: Float32Array, encoding: TensorEncoding): Resumable<EncodedTensor> {
  switch (encoding) {
    case 'float32':
      return { encoding, values };
    case 'float16':
      return { encoding, values: toFloat16(values) };
    case 'int8':
      return { encoding, ...(yield* toInt8(values)) };
    case 'int8-blocks':
      return { encoding, ...(yield* toInt8Blocks(values)) };
  }
}

function* toInt8Blocks(values: Float32Array): Resumable<{ scales: Float32Array; values: Int8Array }> {
  const scales = new Float32Array(Math.ceil(values.length / blockLength));
  const quantised = new Int8Array(values.length);
  const pace = new YieldBudget();
  for (let block = 0; block < scales.length; block++) {
    const from = block * blockLength;
    const end = Math.min(values.length, from + blockLength);
    const scale = scaleOf(largestOf(values, from, end, 0));
    scales[block] = scale;
    if (scale > 0) roundRun(values, from, end, scale, quantised);
    if (pace.after(blockLength)) yield;
  }
  return { scales, values: quantised };
}

function* toInt8(values: Float32Array): Resumable<{ scale: number; values: Int8Array }> {
  const quantised = new Int8Array(values.length);
  let largest = 0;
  for (let from = 0; from < values.length; from += stepNumbers) {
    largest = largestOf(values, from, Math.min(values.length, from + stepNumbers), largest);
    yield;
  }
  const scale = scaleOf(largest);
  if (!(scale > 0)) return { scale, values: quantised };
  for (let from = 0; from < values.length; from += stepNumbers) {
    roundRun(values, from, Math.min(values.length, from + stepNumbers), scale, quantised);
    yield;
  }
  return { scale, values: quantised };
}

/** The largest size of the values from `from` to before `end`, and of `largest`; NaN, once there, stays. */
function largestOf(values: Float32Array, from: number, end: number, largest: number): number {
  for (let i = from; i < end; i++) {
    const size = Math.abs(values[i]!);
    // Nothing is larger than NaN.
    if (size > largest || Number.isNaN(size)) largest = size;
  }
  return largest;
}

/** NaN and 0 stand for what cannot be rounded, and for what is not worth it. */
function scaleOf(largest: number): number {
  const scale = Math.fround(largest / 127);
  if (!Number.isFinite(Math.fround(scale * 127))) return Number.NaN;
  return scale < smallestNormal ? 0 : scale;
}

/** Rounds the values from `from` to before `end`. */
function roundRun(
  values: Float32Array,
  from: number,
  end: number,
  scale: number,
  quantised: Int8Array,
): void {
  for (let i = from; i < end; i++) {
    const value = values[i]!;
    // Below 2^31 a conversion to an integer is the floor.
    const level = (Math.abs(value) / scale + 0.5) | 0;
    const most = level > 127 ? 127 : level;
    quantised[i] = value < 0 ? -most : most;
  }
}

/** The values a receiver works with: float32(q * scale), or what the encoding holds as it is. */
export function dequantise(encoded: EncodedTensor): Float32Array {
  switch (encoded.encoding) {
    case 'float32':
      return encoded.values;
    case 'float16':
      return fromFloat16(encoded.values);
    case 'int8':
      return fromInt8(encoded.values, encoded.values.length, [encoded.scale]);
    case 'int8-blocks':
      return fromInt8(encoded.values, blockLength, encoded.scales);
  }
}

/** The same values in portions, for who has the next of them in hand: of `int8` those from `from` to before `end`. */
export function dequantisePart(encoded: EncodedTensor, from: number, end: number): Float32Array {
  if (encoded.encoding === 'float32') return encoded.values.subarray(from, end);
  if (encoded.encoding === 'int8') {
    return fromInt8(encoded.values.subarray(from, end), end - from, [encoded.scale]);
  }
  return dequantise(encoded).subarray(from, end);
}

/** @param block values that share a scale */
function fromInt8(values: Int8Array, block: number, scales: ArrayLike<number>): Float32Array {
  const result = new Float32Array(values.length);
  for (let from = 0, index = 0; from < values.length; from += block, index++) {
    const scale = scales[index]!;
    const end = Math.min(values.length, from + block);
    for (let i = from; i < end; i++) result[i] = values[i]! * scale;
  }
  return result;
}

/** The exact float32 values that whoever decodes `values` sent as `encoding` will see; the rest is rounding residue. */
export function asReceived(values: Float32Array, encoding: TensorEncoding): Float32Array {
  return encoding === 'float32' ? values.slice() : dequantise(quantise(values, encoding));
}
