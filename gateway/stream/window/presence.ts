import { presencePlaces, type Task } from '../../task';

/**
 * Completes rows in which channels may be missing: each gets its last value within these rows (before the first one its
 * centre), and the channels that say where it had values are added. What came before the rows is not used.
 * @param rows `[rows, arriving channels]` in the units of the channels; NaN is a missing value
 * @returns `[rows, channels]`; the rows themselves if there is nothing to do
 */
export function withPresence(
  rows: Float32Array,
  input: Pick<Task['input'], 'channels' | 'rateHz'>,
): Float32Array {
  const places = presencePlaces(input);
  if (places.every((place) => place === undefined) && !rows.some(Number.isNaN)) return rows;
  const { channels, rateHz } = input;
  const width = channels.length;
  const arriving = places.flatMap((place, c) => (place ? [] : [c]));
  const count = rows.length / arriving.length;
  const whole = new Float32Array(count * width);
  for (const [from, c] of arriving.entries()) {
    let last = channels[c]!.centre;
    let age = count;
    for (let row = 0; row < count; row++) {
      const value = rows[row * arriving.length + from]!;
      const isKnown = !Number.isNaN(value);
      if (isKnown) last = value;
      age = isKnown ? 0 : Math.min(count, age + 1);
      whole[row * width + c] = last;
      places.forEach((place, p) => {
        if (place?.of !== c) return;
        whole[row * width + p] = place.as === 'since' ? age / rateHz : isKnown ? 1 : 0;
      });
    }
  }
  return whole;
}
