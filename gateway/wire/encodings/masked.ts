import { atMostValues, bytes, defineEncoding, maxValues } from './encoding';

/** Numbers of two bytes, the low one first: levels under masks, which are whole numbers from 0 to 65535. */
export const masked = defineEncoding({
  fields: {
    values: bytes
      .refine((values) => values.length % 2 === 0, { error: 'expected two bytes per value' })
      .refine((values) => values.length <= 2 * maxValues, atMostValues),
  },
  // biome-ignore lint/correctness/useYield: a fraction of the time that rounding to levels takes
  *encode(values) {
    const encoded = new Uint8Array(2 * values.length);
    const view = new DataView(encoded.buffer);
    for (let i = 0; i < values.length; i++) view.setUint16(2 * i, values[i]!, true);
    return { values: encoded };
  },
  count: ({ values }) => values.length / 2,
  decode({ values }, into, from) {
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    for (let i = 0; i < into.length; i++) into[i] = view.getUint16(2 * (from + i), true);
  },
  bytesPerValue: 2,
  largest: 65_535,
});
