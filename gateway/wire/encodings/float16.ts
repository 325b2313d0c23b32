import { fromFloat16, toFloat16 } from '../../platform';
import { atMostValues, bytes, defineEncoding, maxValues } from './encoding';

/** Two bytes for each value, IEEE 754 binary16, little endian; rounded to the nearest, ties to even. */
export const float16 = defineEncoding({
  fields: {
    values: bytes
      .refine((values) => values.length % 2 === 0, { error: 'expected two bytes per value' })
      .refine((values) => values.length <= 2 * maxValues, atMostValues),
  },
  // biome-ignore lint/correctness/useYield: a fraction of the time that rounding to levels takes
  *encode(values) {
    return { values: toFloat16(values) };
  },
  count: ({ values }) => values.length / 2,
  decode: ({ values }, into, from) => fromFloat16(values.subarray(2 * from, 2 * (from + into.length)), into),
  bytesPerValue: 2,
  largest: 65_504,
  halfLevel: () => 2 ** -25,
});
