import { levelEncoding } from './level-encoding';

/**
 * Less than one bit for each value: levels of one step with subtractive dither (Roberts 1962; Zamir and Feder 1992), so that the
 * error is uniform, has a mean of zero whatever the values are, and averages out over gateways.
 */
export const dithered = levelEncoding({
  dithered: true,
  relativeStep: 2.6,
  bytesPerValue: 0.128,
  halfLevel: () => 0,
});
