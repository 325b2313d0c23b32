import { FtteError } from '../../../platform';
import { isMissingWord, longestText, type MissingValues, mostCategories } from '../../values';
import { cellText, type DecimalMark, numberForm, readNumberCell } from './number-cell';
import { isUnitBehind } from './units';

/**
 * Notation of the numbers of a column, if they are not plain: with a unit behind each (`98 %`, `36.6 °C`), or as two
 * words of which the second means 1 (`false` and `true`), or as texts whose numbers are their places among those so far.
 */
export type Notation =
  | { readonly unit: string }
  | { readonly words: readonly [zero: string, one: string] }
  | { readonly texts: string[] };

/** Pairs of words that mean 0 and 1, as devices and spreadsheets of several languages write them. */
const pairs: readonly (readonly [string, string])[] = [
  ['false', 'true'],
  ['no', 'yes'],
  ['off', 'on'],
  ['falsch', 'wahr'],
  ['nein', 'ja'],
  ['aus', 'ein'],
  ['faux', 'vrai'],
  ['non', 'oui'],
  ['falso', 'verdadero'],
  ['falso', 'vero'],
  ['falso', 'verdadeiro'],
  ['onwaar', 'waar'],
];
/** Units that may also be the thousandth or the thousandfold of a plain number. */
const scales: ReadonlySet<string> = new Set(['k', 'm', 'g', 'n', 'f', 'a', 'h']);
const measured = /^([+-]?\d[\d.,'\u2019 \u00a0\u2009\u202f]*(?:e[+-]?\d{1,4})?)\s*(\S.{0,15})$/i;

/** The number and the unit of a cell such as `98 %`; undefined for other cells. */
export function numberAndUnit(text: string): { readonly number: string; readonly unit: string } | undefined {
  const first = text.charCodeAt(0);
  if (first > 57 || text.length > 48) return undefined;
  if (numberForm(text) !== 'none') return undefined;
  const parts = measured.exec(text);
  if (!parts) return undefined;
  const [number, unit] = [parts[1]!.trim(), parts[2]!.trim()];
  return isUnitBehind(unit) && numberForm(number) !== 'none' ? { number, unit } : undefined;
}

/** The unit that most cells of a column have behind their number; undefined if there is none. */
export function unitBehind(cells: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  let [plain, others] = [0, 0];
  for (const cell of cells) {
    const text = cellText(cell);
    const unit = numberAndUnit(text)?.unit;
    if (unit !== undefined) counts.set(unit, (counts.get(unit) ?? 0) + 1);
    else if (numberForm(text) !== 'none') plain++;
    else if (text !== '' && !isMissingWord(text)) others++;
  }
  const [best, count = 0] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
  // Of two units that are as frequent, neither is that of the column.
  const rest = [...counts.values()].reduce((sum, one) => sum + one, others) - count;
  return count > rest && count >= plain ? best : undefined;
}

/** The notation of a column, by its first cells; undefined for plain numbers, and for words that are none. */
export function notationOf(cells: readonly string[]): Notation | undefined {
  const unit = unitBehind(cells);
  if (unit !== undefined) return { unit };
  const words = wordsOf(cells);
  return words && { words };
}

/** The two words for 0 and 1 of which all cells have one; undefined for other cells. */
export function wordsOf(cells: readonly string[]): readonly [zero: string, one: string] | undefined {
  const texts = cells.map((cell) => cellText(cell).toLowerCase());
  const given = texts.filter((text) => text !== '' && !isMissingWord(text));
  return pairs.find((pair) => given.length > 0 && given.every((text) => pair.includes(text)));
}

/**
 * The number in a cell of a column of this notation; NaN for a missing value.
 * @throws FtteError `reading-invalid` that names the expected form
 */
export function readCell(
  text: string,
  notation: Notation | undefined,
  mark: DecimalMark | undefined,
  missing: MissingValues,
): number {
  if (text === '' || isMissingWord(text, missing)) return Number.NaN;
  if (notation !== undefined && 'texts' in notation) return placeOf(text, notation.texts);
  if (notation === undefined) {
    if (numberAndUnit(text) === undefined) return readNumberCell(text, mark, missing);
    throw new FtteError('reading-invalid', 'expected a plain number, or the same unit in every row');
  }
  if ('words' in notation) {
    const [zero, one] = notation.words;
    const value = [zero, one].indexOf(text.toLowerCase());
    if (value >= 0) return value;
    throw new FtteError('reading-invalid', `expected ${zero} or ${one}, as the rows before have`);
  }
  const { unit } = notation;
  const found = numberAndUnit(text);
  const isPlain = found === undefined && (!scales.has(unit.toLowerCase()) || Number(text) === 0);
  if (found?.unit !== unit && !isPlain)
    throw new FtteError(
      'reading-invalid',
      `expected a number with the unit ${unit}, as the rows before have`,
    );
  return readNumberCell(found?.number ?? text, mark, missing);
}

/** Different texts of a column that are kept apart. */
const mostTexts = 1000;

function placeOf(text: string, texts: string[]): number {
  const place = texts.indexOf(text);
  if (place >= 0) return place;
  if (texts.length >= mostTexts)
    throw new FtteError('reading-invalid', `expected one of ${mostTexts} texts, as the rows before have`);
  return texts.push(text) - 1;
}

/** Whether a column, by its first cells, has few texts that come again, none of which is a number of some notation. */
export function isOfCategories(cells: readonly string[]): boolean {
  const texts = cells.map((cell) => cellText(cell)).filter((text) => text !== '' && !isMissingWord(text));
  const different = new Set(texts);
  const isWord = (text: string) => /\p{L}/u.test(text) && numberForm(text) === 'none' && !numberAndUnit(text);
  return (
    different.size <= Math.min(mostCategories, texts.length / 2) &&
    different.size > 0 &&
    [...different].every((text) => text.length <= longestText && isWord(text))
  );
}

/** The notation in a description of the column. */
export function notationText(notation: Notation | undefined): string {
  if (notation === undefined) return '';
  if ('texts' in notation) return 'texts';
  return 'unit' in notation ? notation.unit : `${notation.words[1]} is 1`;
}
