/**
 * Numbers in two bytes (IEEE 754 binary16), for versions of JavaScript without a Float16Array: 11 bits of precision
 * down to 2^-14, steps of 2^-24 below, and at most 65504.
 */

const scratch = new Float32Array(1);
const bits = new Uint32Array(scratch.buffer);

const infinity = 0x7c00;
const notANumber = 0x7e00;
const float32Infinity = 0x7f800000;
/** The float32 2^-14, the smallest normal half. */
const smallestNormal = 0x38800000;
/** Bits of fraction that a float32 has more than a half. */
const moreFraction = 13;
/** The difference between the biases of the two exponents (127 and 15), shifted to the place of the exponent. */
const rebias = (127 - 15) << 23;

/**
 * The 16 bits of the half that is nearest to a float32; ties go to even. A number that is too large becomes infinite,
 * and NaN stays NaN.
 */
export function toHalf(value: number): number {
  scratch[0] = value;
  const size = bits[0]! & 0x7fffffff;
  if (size > float32Infinity) return notANumber;
  const sign = (bits[0]! >>> 16) & 0x8000;
  if (size < smallestNormal) {
    // Between 1/2 and 1 a float32 has steps of 2^-24, as a half has here. The sum is therefore rounded to such steps.
    scratch[0] = Math.abs(value) + 0.5;
    return sign | (bits[0]! & 0x7fffff);
  }
  // A fraction that rounds up to the next power of two carries into the exponent, which is the correct result.
  const rounded = size - rebias + 0xfff + ((size >> moreFraction) & 1);
  return sign | Math.min(infinity, rounded >> moreFraction);
}

/** The exact number of a half's 16 bits. */
export function fromHalf(half: number): number {
  bits[0] = float32Bits(half);
  return scratch[0]!;
}

/** The bits of the float32 that equals a half. */
function float32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const size = half & 0x7fff;
  if (size >= infinity) return sign | float32Infinity | ((size & 0x3ff) << moreFraction);
  if (size >= 0x400) return sign | ((size << moreFraction) + rebias);
  scratch[0] = size * 2 ** -24;
  return sign | bits[0]!;
}

/** Rounds as `toHalf` does, little-endian. `[n]` -> 2 n bytes. */
export function toFloat16(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, toHalf(values[i]!), true);
  return bytes;
}

/**
 * Reads halves exactly. 2 n bytes -> `[n]`; an odd last byte is ignored.
 * @param into where to, `[n]`; absent: new memory
 */
export function fromFloat16(
  bytes: Uint8Array,
  into: Float32Array = new Float32Array(bytes.length >> 1),
): Float32Array {
  const patterns = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < into.length; i++) patterns[i] = float32Bits(bytes[2 * i]! | (bytes[2 * i + 1]! << 8));
  return into;
}
