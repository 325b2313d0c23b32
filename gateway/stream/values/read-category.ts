import { cut, describeMeasured, FtteError } from '../../platform';
import { categoryOf, textOf } from './read-label';
import { innerValue, isMissingWord, type MissingValues } from './read-value';
import type { Reading, ReadingSource } from './reading';

/** Different texts of a field that are taken for categories, at most: more are names or sentences. A task may list more. */
export const mostCategories = 32;
/** Letters of a text that is taken for a category, at most: as many as a name in a task may have. */
export const longestText = 64;
/** Unknown categories of a channel that are reported singly. */
const mostUnknown = 16;
/** Letters of an unknown category that are reported. */
const mostLetters = 40;

/**
 * Reads the texts of one channel as places in its list of categories. A text that the list does not have, and a value that is
 * missing, are the place after the last one: none of the categories, as OneHotEncoder of scikit-learn has it with
 * `handle_unknown="ignore"`.
 */
export class CategoryReader {
  /** Values that are in no list. */
  unknown = 0;
  private readonly said = new Set<string>();

  /** @param onUnknown receives unknown categories in words, each once, and at most 16 of them */
  constructor(
    private readonly channel: string,
    private readonly categories: readonly string[],
    private readonly missing: MissingValues | undefined,
    private readonly onUnknown: (text: string) => void,
  ) {}

  /** @throws FtteError `reading-invalid` for an object or an array */
  read(value: unknown): number {
    const { categories, channel } = this;
    const none = categories.length;
    if (value === null || value === undefined || Number.isNaN(value)) return none;
    const inner = innerValue(value);
    if (inner !== undefined) return this.read(inner.value);
    const text = textOf(value);
    if (text === undefined)
      throw new FtteError(
        'reading-invalid',
        `channel ${channel} is ${describeMeasured(value)}, expected a text: ${categories.join(', ')}`,
        { channel },
      );
    const place = categoryOf(text, categories, typeof value === 'boolean');
    if (place !== undefined) return place;
    if (isMissingWord(text, this.missing)) return none;
    this.unknown++;
    this.report(text);
    return none;
  }

  private report(text: string): void {
    const shown = cut(text, mostLetters);
    if (this.said.size >= mostUnknown || this.said.has(shown)) return;
    this.said.add(shown);
    this.onUnknown(
      `channel ${this.channel} is "${shown}", which the task does not list (${this.categories.join(', ')}): it counts as none of these`,
    );
  }
}

/**
 * The values of a reading, with its texts in place of their places.
 * @param categories of its source, see `ReadingSource.categories`
 */
export function withTexts(
  values: Reading['values'],
  categories: ReadingSource['categories'] = [],
): readonly (number | string)[] | Reading['values'] {
  if (categories.every((list) => list === undefined)) return values;
  return Array.from(values, (value, c) => categories[c]?.[value] ?? value);
}
