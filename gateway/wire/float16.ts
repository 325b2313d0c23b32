/**
 * Numbers in two bytes (IEEE 754 binary16, little endian), for JavaScript without a Float16Array: 11 bits of precision
 * down to 2^-14, steps of 2^-24 below, 65504 at most.
 */

/** Rounds to the nearest, ties to even; what is too large becomes infinite, NaN stays NaN. `[n]` -> 2 n bytes */
export function toFloat16(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, bitsOf(values[i]!), true);
  return bytes;
}

/** Exact. 2 n bytes -> `[n]`; an odd last byte is left out */
export function fromFloat16(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length >> 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < values.length; i++) values[i] = numberOf(view.getUint16(2 * i, true));
  return values;
}

function bitsOf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  // Halfway between the largest number and the next power rounds up, to infinity.
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | evenly(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // A mantissa that rounds up to 2048 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + evenly(size * 2 ** (10 - exponent)) - 1024);
}

function numberOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (mantissa + 1024) * 2 ** (exponent - 25);
}

function evenly(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
