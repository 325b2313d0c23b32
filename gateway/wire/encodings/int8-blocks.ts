import { YieldBudget } from '../../platform';
import { defineEncoding, floats, levels } from './encoding';
import { fromLevels, largestOf, largestWithScale, scaleOf, smallestScale, toLevels } from './levels';

/** Values that share a scale; the last block may be shorter. */
const blockLength = 64;

/** As `int8`, with a scale for each block of values: for tensors over a whole model, whose parts differ in size. */
export const int8Blocks = defineEncoding({
  fields: { scales: floats, values: levels },
  fault: ({ scales, values }) =>
    scales.length === Math.ceil(values.length / blockLength)
      ? undefined
      : { field: 'scales', problem: `expected one scale for each ${blockLength} values` },
  *encode(values) {
    const scales = new Float32Array(Math.ceil(values.length / blockLength));
    const quantised = new Int8Array(values.length);
    const pace = new YieldBudget();
    for (let block = 0; block < scales.length; block++) {
      const from = block * blockLength;
      const end = Math.min(values.length, from + blockLength);
      const scale = scaleOf(largestOf(values, from, end, 0));
      scales[block] = scale;
      if (scale > 0) toLevels(values, from, end, scale, quantised);
      if (pace.after(blockLength)) yield;
    }
    return { scales, values: quantised };
  },
  count: ({ values }) => values.length,
  decode({ scales, values }, into, from) {
    const end = from + into.length;
    for (let at = from; at < end; ) {
      const block = Math.floor(at / blockLength);
      const next = Math.min(end, (block + 1) * blockLength);
      fromLevels(values, scales[block]!, at, next, into, at - from);
      at = next;
    }
  },
  bytesPerValue: 1 + 4 / blockLength,
  largest: largestWithScale,
  // The largest value may be in another block.
  halfLevel: () => smallestScale / 2,
});
