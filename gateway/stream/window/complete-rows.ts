import { arrivingPlaces, categoryLists, presencePlaces, type Task } from '../../task';

/**
 * Completes rows in which channels may be missing: each gets its last value within these rows (before the first one its
 * centre), and the channels that say where it had values are added. What came before the rows is not used. The place of a
 * category becomes a 1 in its channel and 0 in those of the others, 0 in all of them for one that the task does not list.
 * @param rows `[rows, arriving channels]` in the units of the channels; NaN is a missing value
 * @returns `[rows, channels]`; the rows themselves if there is nothing to do
 */
export function completeRows(
  rows: Float32Array,
  input: Pick<Task['input'], 'channels' | 'rateHz'>,
): Float32Array {
  const { channels, rateHz } = input;
  const places = presencePlaces(input);
  const lists = categoryLists(channels);
  const isPlain = places.every((place, c) => place === undefined && lists[c] === undefined);
  if (isPlain && !rows.some(Number.isNaN)) return rows;
  const width = channels.length;
  const arriving = arrivingPlaces(channels);
  const count = rows.length / arriving.length;
  const whole = new Float32Array(count * width);
  for (const [from, c] of arriving.entries()) {
    if (lists[c]) {
      const columns = columnsOf(channels[c]!, input);
      for (let row = 0; row < count; row++) {
        const column = columns[rows[row * arriving.length + from]!];
        if (column !== undefined) whole[row * width + column] = 1;
      }
      continue;
    }
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

/** Places of the channels of one field's categories. */
function columnsOf(
  { category }: Task['input']['channels'][number],
  { channels }: Pick<Task['input'], 'channels'>,
): number[] {
  return channels.flatMap((channel, c) => (channel.category?.of === category?.of ? [c] : []));
}
