/**
 * Numbers in two bytes (IEEE 754 binary16), for JavaScript without a Float16Array: 11 bits of precision down to 2^-14,
 * steps of 2^-24 below, 65504 at most.
 */

const scratch = new Float32Array(1);
const bits = new Uint32Array(scratch.buffer);

const infinity = 0x7c00;
const notANumber = 0x7e00;
const float32Infinity = 0x7f800000;
/** The float32 2^-14, the smallest normal half. */
const smallestNormal = 0x38800000;
/** Bits by which a float32 has more fraction than a half. */
const moreFraction = 13;
/** Between the biases of the two exponents (127 and 15), at the place of the exponent. */
const rebias = (127 - 15) << 23;

/** The half nearest to a float32, ties to even, as its 16 bits; what is too large becomes infinite, NaN stays NaN. */
export function toHalf(value: number): number {
  scratch[0] = value;
  const size = bits[0]! & 0x7fffffff;
  if (size > float32Infinity) return notANumber;
  const sign = (bits[0]! >>> 16) & 0x8000;
  if (size < smallestNormal) {
    // Between 1/2 and 1 a float32 has steps of 2^-24, as halves have here: the sum is rounded as they are.
    scratch[0] = Math.abs(value) + 0.5;
    return sign | (bits[0]! & 0x7fffff);
  }
  // A fraction that rounds up to the next power of two carries into the exponent, as it should.
  const rounded = size - rebias + 0xfff + ((size >> moreFraction) & 1);
  return sign | Math.min(infinity, rounded >> moreFraction);
}

/** The number that 16 bits stand for: exact. */
export function fromHalf(half: number): number {
  bits[0] = float32Bits(half);
  return scratch[0]!;
}

/** The float32 of a half, as its bits. */
function float32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const size = half & 0x7fff;
  if (size >= infinity) return sign | float32Infinity | ((size & 0x3ff) << moreFraction);
  if (size >= 0x400) return sign | ((size << moreFraction) + rebias);
  scratch[0] = size * 2 ** -24;
  return sign | bits[0]!;
}

/** Rounds as `toHalf`, little endian. `[n]` -> 2 n bytes */
export function toFloat16(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, toHalf(values[i]!), true);
  return bytes;
}

/** Exact. 2 n bytes -> `[n]`; an odd last byte is left out */
export function fromFloat16(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length >> 1);
  const patterns = new Uint32Array(values.buffer);
  for (let i = 0; i < values.length; i++) patterns[i] = float32Bits(bytes[2 * i]! | (bytes[2 * i + 1]! << 8));
  return values;
}
