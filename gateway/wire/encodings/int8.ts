import { stepNumbers } from '../../platform';
import { anyNumber, defineEncoding, levels } from './encoding';
import { fromLevels, halfLevelOf, largestOf, largestWithScale, scaleOf, toLevels } from './levels';

/** Signed bytes with one scale, symmetric around zero. */
export const int8 = defineEncoding({
  fields: { scale: anyNumber, values: levels },
  *encode(values) {
    const quantised = new Int8Array(values.length);
    let largest = 0;
    for (let from = 0; from < values.length; from += stepNumbers) {
      largest = largestOf(values, from, Math.min(values.length, from + stepNumbers), largest);
      yield;
    }
    const scale = scaleOf(largest);
    if (!(scale > 0)) return { scale, values: quantised };
    for (let from = 0; from < values.length; from += stepNumbers) {
      toLevels(values, from, Math.min(values.length, from + stepNumbers), scale, quantised);
      yield;
    }
    return { scale, values: quantised };
  },
  count: ({ values }) => values.length,
  decode: ({ scale, values }, into, from) => fromLevels(values, scale, from, from + into.length, into, 0),
  bytesPerValue: 1,
  largest: largestWithScale,
  halfLevel: halfLevelOf,
  overModel: 'int8-blocks',
});
