import { FtteError } from '../../platform';
import { withTexts } from './read-category';
import type { Reading, ReadingSource, ReadingWithTexts } from './reading';

/**
 * The place of each channel in the readings of a source.
 * @param from a name of the source, for the error
 * @throws FtteError `recording-invalid` naming a channel that is missing
 */
export function placesOf(
  from: string,
  { channels }: Pick<ReadingSource, 'channels'>,
  names: readonly string[],
): number[] {
  return names.map((name) => {
    const place = channels.indexOf(name);
    if (place >= 0) return place;
    throw new FtteError(
      'recording-invalid',
      `${from}: expected the channel ${name} of the task, got ${channels.join(', ')}`,
      { channel: name },
    );
  });
}

/** A reading with the values at these places, and its texts in place of their places. @param categories of its source */
export function chosenReading(
  reading: Reading,
  places: readonly number[],
  categories: ReadingSource['categories'],
): ReadingWithTexts {
  const values = withTexts(reading.values, categories);
  return { ...reading, values: places.map((place) => values[place] ?? Number.NaN) };
}
