import { describeValue, FtteError } from '../../platform';

/**
 * The index of the label that a value names; -1 if there is none, or if none is expected. A text, number or boolean
 * whose text is a label is that label, also in another case or with other blanks if only one label reads so. A number
 * that equals a label read as a number (1 for "1.0") is that label, too. If no label reads as a number, a whole number is
 * an index, also as a text.
 * @throws FtteError `label-unknown` with the known labels
 */
export function readLabel(value: unknown, labels: readonly string[]): number {
  if (value === null || value === undefined || value === '' || labels.length === 0) return -1;
  const text = textOf(value);
  if (text === '') return -1;
  const index = text === undefined ? undefined : tableOf(labels).indexOf(text, typeof value === 'boolean');
  if (index !== undefined) return index;
  const indices = tableOf(labels).numeric ? '' : ` or an index from 0 to ${labels.length - 1}`;
  throw new FtteError(
    'label-unknown',
    `label is ${describeValue(value)}, expected one of ${labels.join(', ')}${indices}`,
  );
}

/** The index of the label that a name means, as `readLabel` reads it; undefined if it is none of them. */
export function labelIndex(name: string, labels: readonly string[]): number | undefined {
  if (name === '' || labels.length === 0) return undefined;
  return tableOf(labels).indexOf(name.trim(), false);
}

/** The place of a text in a list that is no list of labels: numbers are texts like others, and never places. */
export function categoryOf(
  text: string,
  categories: readonly string[],
  isBoolean: boolean,
): number | undefined {
  const table = tableOf(categories);
  return table.numeric || isBoolean || !readsLikeNumber(text) ? table.indexOf(text, isBoolean) : undefined;
}

/** The text of a value that can name something: a text, a number or a boolean. Undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  return typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : undefined;
}

/** The labels in their possible notations, for a list that may grow. */
class LabelTable {
  private readonly byText = new Map<string, number>();
  private readonly byNumber = new Map<number, number>();
  /** Labels without case and kinds of blanks; -1 for several that read the same. */
  private readonly byFolded = new Map<string, number>();
  private known = 0;

  constructor(private readonly labels: readonly string[]) {
    this.grow();
  }

  /** True if a label reads as a number. Numbers are then not indices. */
  get numeric(): boolean {
    return this.byNumber.size > 0;
  }

  indexOf(text: string, boolean: boolean): number | undefined {
    this.grow();
    const exact = this.byText.get(text) ?? this.byText.get(text.normalize());
    if (exact !== undefined) return exact;
    if (boolean) return this.booleanIndex(text);
    if (!readsLikeNumber(text)) return this.foldedIndex(text);
    const number = Number(text);
    if (this.numeric) return this.byNumber.get(number);
    return Number.isInteger(number) && number >= 0 && number < this.labels.length ? number : undefined;
  }

  /** The index of a boolean as Python and spreadsheets write it (True, FALSE), or as a number (1, 0). */
  private booleanIndex(text: string): number | undefined {
    const found = this.labels.filter((label) => label.toLowerCase() === text);
    if (found.length === 1) return this.byText.get(found[0]!);
    return this.byNumber.get(text === 'true' ? 1 : 0);
  }

  private foldedIndex(text: string): number | undefined {
    const index = text.length > longestFolded ? undefined : this.byFolded.get(folded(text));
    return index === -1 ? undefined : index;
  }

  private grow(): void {
    for (; this.known < this.labels.length; this.known++) {
      const i = this.known;
      // The same letters with accents may be written in several ways.
      const label = (this.labels[i] as string).trim().normalize();
      if (!this.byText.has(label)) this.byText.set(label, i);
      const plain = folded(label);
      this.byFolded.set(plain, this.byFolded.has(plain) ? -1 : i);
      if (readsLikeNumber(label) && !this.byNumber.has(Number(label))) this.byNumber.set(Number(label), i);
    }
  }
}

/** Longer texts are labels only as they are. */
const longestFolded = 200;

/** A label in lower case, with one blank for each run of blanks and underscores, and without marks that nobody sees. */
function folded(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u200b-\u200d\u2060\ufeff]/g, '')
    .replace(/[\s_]+/g, ' ')
    .trim()
    .toLowerCase();
}

function readsLikeNumber(text: string): boolean {
  return text.length <= 32 && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim());
}

const tables = new WeakMap<readonly string[], LabelTable>();

function tableOf(labels: readonly string[]): LabelTable {
  const table = tables.get(labels) ?? new LabelTable(labels);
  tables.set(labels, table);
  return table;
}
