import { defineEncoding, floats } from './encoding';

/** IEEE 754 binary32: values as they are. */
export const float32 = defineEncoding({
  fields: { values: floats },
  // biome-ignore lint/correctness/useYield: nothing to do between which it could pause
  *encode(values) {
    return { values };
  },
  count: ({ values }) => values.length,
  decode: ({ values }, into, from) => into.set(values.subarray(from, from + into.length)),
  asTheyAre: ({ values }) => values,
  bytesPerValue: 4,
  largest: (2 - 2 ** -23) * 2 ** 127,
});
