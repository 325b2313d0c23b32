import { levelEncoding } from './level-encoding';

/**
 * About one bit for each value: levels of one step with subtractive dither (Roberts 1962; Zamir and Feder 1992), so that the
 * error is uniform, has a mean of zero whatever the values are, and averages out over gateways.
 */
export const dithered = levelEncoding({
  dithered: true,
  relativeStep: 2,
  bytesPerValue: 0.16,
  halfLevel: () => 0,
});
