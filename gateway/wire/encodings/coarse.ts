import { bytes, defineEncoding } from './encoding';
import {
  countOfLevels,
  decodeLevels,
  encodeLevels,
  faultOfLevels,
  largestInLevels,
  readLevels,
} from './level-bytes';

/** The step, in root mean squares of the values, if the sender has no reason for another. */
const relative = 0.5;

/** Two or three bits for each value: levels of one step, rounded to the nearest, for what all gateways receive. */
export const coarse = defineEncoding({
  fields: { values: bytes },
  fault: ({ values }) => faultOfLevels(values, false),
  *encode(values, step) {
    return { values: yield* encodeLevels(values, { relative, step, dithered: false }) };
  },
  count: ({ values }) => countOfLevels(values, false),
  read: ({ values }) => readLevels(values, false),
  decode: ({ values }, into, from) => decodeLevels(values, false, into, from),
  bytesPerValue: 0.39,
  largest: largestInLevels,
  // A step is at least this large: it is rounded down to an eighth of an octave.
  halfLevel: (_, rms) => (rms * relative) / 2 / 2 ** (1 / 8),
  relativeStep: relative,
});
