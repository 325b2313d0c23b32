import { defineEncoding, floats } from './encoding';

/** IEEE 754 binary32: values as they are. */
export const float32 = defineEncoding({
  fields: { values: floats },
  // biome-ignore lint/correctness/useYield: nothing to do between which it could pause
  *encode(values) {
    return { values };
  },
  decode: ({ values }) => values,
  decodePart: ({ values }, from, end) => values.subarray(from, end),
  bytesPerValue: 4,
  largest: (2 - 2 ** -23) * 2 ** 127,
});
