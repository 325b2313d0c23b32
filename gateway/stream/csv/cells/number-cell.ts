import { FtteError } from '../../../platform';
import { type MissingValues, readValue } from '../../values';

/** The decimal mark of a file. It decides between two meanings of 1,234 and 1.234. */
export type DecimalMark = '.' | ',';

/**
 * Form of a number: `whole`; with a decimal `point` or `comma`; with a mark that is a decimal mark or a thousands separator
 * (1.234 and 1,234); with thousands separators for certain (1,234.5); or `none`.
 */
export type NumberForm =
  | 'whole'
  | 'point'
  | 'comma'
  | 'point-or-groups'
  | 'comma-or-groups'
  | 'groups'
  | 'none';

const exponent = '(?:e[+-]?\\d{1,4})?';
const whole = new RegExp(`^[+-]?(?:\\d+${exponent}|0x[\\da-f]{1,12})$`, 'i');
const point = new RegExp(`^[+-]?(?:\\d+\\.\\d*|\\.\\d+)${exponent}$`, 'i');
const comma = new RegExp(`^[+-]?(?:\\d+,\\d+|,\\d+)${exponent}$`, 'i');
const pointOrGroups = /^[+-]?[1-9]\d{0,2}\.\d{3}$/;
const commaOrGroups = /^[+-]?[1-9]\d{0,2},\d{3}$/;
/** Groups of three digits separated by commas, points, blanks (narrow ones, too) or apostrophes. */
const groups =
  /^[+-]?[1-9]\d{0,2}(?:(?:,\d{3})+(?:\.\d*)?|(?:\.\d{3})+(?:,\d*)?|(?:[ \u00a0\u2009\u202f'\u2019]\d{3})+(?:[.,]\d*)?)$/;

export function numberForm(text: string): NumberForm {
  const first = text.charCodeAt(0);
  // Most cells that are no numbers begin with a letter.
  if (first > 57 || text.length > 64) return 'none';
  if (whole.test(text)) return 'whole';
  if (point.test(text)) return pointOrGroups.test(text) ? 'point-or-groups' : 'point';
  if (comma.test(text)) return commaOrGroups.test(text) ? 'comma-or-groups' : 'comma';
  return groups.test(text) ? 'groups' : 'none';
}

/** The text of a cell without blanks around it, and with the ASCII minus in place of U+2212. */
export function cellText(cell: string): string {
  const text = cell.trim();
  return text.startsWith('\u2212') ? `-${text.slice(1)}` : text;
}

/**
 * The number in a cell; NaN for an empty cell and for words that mean a missing value. Thousands separators are left out.
 * @param mark decimal mark of the file; undefined if the file does not show it
 * @throws FtteError `reading-invalid` that names the expected form
 */
export function readNumberCell(text: string, mark: DecimalMark | undefined, missing: MissingValues): number {
  const form = numberForm(text);
  if (form === 'comma-or-groups' && mark === undefined) throw expected(undecided);
  try {
    return readValue(form === 'whole' ? Number(text) : plainNumber(text, mark), '', missing);
  } catch {
    throw expected(form === 'none' ? 'a number' : 'a number that a float32 holds');
  }
}

/** A number with a decimal point and without thousands separators; other texts as they are. @param mark as `readNumberCell` */
export function plainNumber(text: string, mark: DecimalMark | undefined): string {
  const form = numberForm(text);
  if (form === 'comma' || (form === 'comma-or-groups' && mark !== '.')) return text.replace(',', '.');
  if (form === 'comma-or-groups') return text.replace(',', '');
  if (form === 'point-or-groups') return mark === ',' ? text.replace('.', '') : text;
  if (form !== 'groups') return text;
  // A mark that comes once, behind other separators, is that of decimals.
  const [, last = ''] = /([.,])\d*$/.exec(text) ?? [];
  const isDecimal = last !== '' && text.split(last).length === 2;
  const at = isDecimal ? text.lastIndexOf(last) : text.length;
  const whole = text.slice(0, at).replace(/[^\d+-]/g, '');
  return at === text.length ? whole : `${whole}.${text.slice(at + 1)}`;
}

const undecided = 'a number whose decimal mark is known (choose it: . if commas stand between thousands)';

function expected(what: string): FtteError {
  return new FtteError('reading-invalid', `expected ${what}`);
}
