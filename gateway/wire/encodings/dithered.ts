import { bytes, defineEncoding } from './encoding';
import {
  countOfLevels,
  decodeLevels,
  encodeLevels,
  faultOfLevels,
  largestInLevels,
  readLevels,
} from './level-bytes';

/** The step, in root mean squares of the values. */
const relative = 2;

/**
 * About one bit for each value: levels of one step with subtractive dither (Roberts 1962; Zamir and Feder 1992), so that the
 * error is uniform, has a mean of zero whatever the values are, and averages out over gateways.
 */
export const dithered = defineEncoding({
  fields: { values: bytes },
  fault: ({ values }) => faultOfLevels(values, true),
  *encode(values, step) {
    return { values: yield* encodeLevels(values, { relative, step, dithered: true }) };
  },
  count: ({ values }) => countOfLevels(values, true),
  read: ({ values }) => readLevels(values, true),
  decode: ({ values }, into, from) => decodeLevels(values, true, into, from),
  bytesPerValue: 0.16,
  largest: largestInLevels,
  halfLevel: () => 0,
  relativeStep: relative,
});
