/** Times the usual magnitude beyond which a sample is no measurement of the same sensors. */
const mostTimes = 100;

/** The magnitude of a window: its largest value without sign. */
export function magnitudeOf(window: Float32Array): number {
  let largest = 0;
  for (const value of window) {
    const size = Math.abs(value);
    // Also true for NaN, which no comparison finds.
    if (!(size <= largest)) largest = size;
  }
  return largest;
}

/** The median magnitude of windows that are not silent; 0 if there is none. */
export function usualMagnitude(windows: readonly Float32Array[]): number {
  const sizes = windows.map(magnitudeOf).filter((size) => size > 0);
  return sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
}

/**
 * Finds samples that make training fail whatever the others are: those whose largest value is more than 100 times that of
 * the median sample.
 * @param windows `[rows, channels]` each, finite
 */
export function farSamples(windows: readonly Float32Array[]): ReadonlySet<Float32Array> {
  const limit = mostTimes * usualMagnitude(windows);
  return new Set(windows.filter((window) => magnitudeOf(window) > limit));
}
