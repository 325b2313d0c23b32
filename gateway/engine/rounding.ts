/** Numbers in fewer bytes: IEEE half precision, and eight bits with one scale a channel. */

const scratch = new Float32Array(1);
const bits = new Uint32Array(scratch.buffer);

/** Largest half: what is beyond is held at it, so that a weight never becomes infinite. */
const largestHalf = 0x7bff;
/** Bits by which a float32 has more fraction than a half. */
const moreFraction = 13;
/** Between the biases of the two exponents (127 and 15), at the place of the exponent. */
const rebias = (127 - 15) << 23;

/** The half nearest to a number, ties to even. */
export function toHalf(value: number): number {
  scratch[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const size = bits[0]! & 0x7fffffff;
  if (size < 0x38800000) {
    // Below 2^-14 halves are whole multiples of 2^-24.
    scratch[0] = Math.abs(value) * 2 ** 24;
    return sign | nearestEven(scratch[0]);
  }
  const rounded = size - rebias + 0xfff + ((size >> moreFraction) & 1);
  return sign | Math.min(largestHalf, rounded >> moreFraction);
}

export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Codes of eight bits are -127 to 127 times a scale. */
const largestCode = 127;

/** The scale at which no number of a channel is beyond the largest code. */
export function scaleOf(largest: number): number {
  return Math.fround(largest / largestCode);
}

export function toCode(value: number, scale: number): number {
  if (scale === 0) return 0;
  return Math.max(-largestCode, Math.min(largestCode, nearestEven(value / scale)));
}

function nearestEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
