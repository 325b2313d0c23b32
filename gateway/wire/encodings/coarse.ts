import { levelEncoding } from './level-encoding';

const relativeStep = 0.5;

/** Two or three bits for each value: levels of one step, rounded to the nearest, for what all gateways receive. */
export const coarse = levelEncoding({
  dithered: false,
  relativeStep,
  bytesPerValue: 0.39,
  // A step is at least this large: it is rounded down to an eighth of an octave.
  halfLevel: (_, rms) => (rms * relativeStep) / 2 / 2 ** (1 / 8),
});
