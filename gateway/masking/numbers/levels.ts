/** Most updates of a sum. */
export const mostListed = 16;
/** Largest level of a number in either direction: 16 of them fit 16 bits with their sign, so that no sum wraps. */
export const mostLevel = 2047;
/**
 * The change of a parameter that one level stands for, the same at all gateways: only then is the sum of levels the sum of
 * changes with a weight of 1 each. Weights that a coordinator chooses would give single updates away, because a sum in
 * which all weights but one have a common divisor shows the remainder of that one. Changes are limited to about 1/2.
 */
export const levelStep = 2 ** -12;

/**
 * The levels of changes in fixed point: x / step, rounded up or down by chance so that the mean is x, and limited. They are
 * whole numbers, because sums in floating point depend on their order, and masks would not cancel.
 * @param factor that the changes are multiplied with: the weight of the update, at most 1
 * @param uniform the next of numbers in [0, 1)
 */
export function levelsOf(changes: Float32Array, factor: number, uniform: () => number): Int16Array {
  const scale = factor / levelStep;
  const levels = new Int16Array(changes.length);
  for (let i = 0; i < changes.length; i++) {
    const level = Math.floor(changes[i]! * scale + uniform());
    levels[i] = Math.max(-mostLevel, Math.min(mostLevel, level));
  }
  return levels;
}

/** A number of two bytes as a signed one. */
export const signed16 = (value: number): number => (value << 16) >> 16;
