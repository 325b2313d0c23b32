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
  decode: ({ scale, values }) => fromLevels(values, values.length, [scale]),
  decodePart: ({ scale, values }, from, end) => fromLevels(values.subarray(from, end), end - from, [scale]),
  bytesPerValue: 1,
  largest: largestWithScale,
  halfLevel: halfLevelOf,
  overModel: 'int8-blocks',
});
