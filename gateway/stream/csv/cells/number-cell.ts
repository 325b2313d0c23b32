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
 * The number in a cell; NaN for an empty cell and for words that mean a missing value.
 * @param mark decimal mark of the file; undefined if the file does not show it
 * @throws FtteError `reading-invalid` that names the expected form
 */
export function readNumberCell(text: string, mark: DecimalMark | undefined, missing: MissingValues): number {
  const form = numberForm(text);
  if (form === 'groups' || (form === 'point-or-groups' && mark === ',')) throw expected(thousands);
  if (form === 'comma-or-groups' && mark !== ',') throw expected(mark === '.' ? thousands : undecided);
  const value = form === 'whole' ? Number(text) : form.startsWith('comma') ? text.replace(',', '.') : text;
  try {
    return readValue(value, '', missing);
  } catch {
    throw expected(form === 'none' ? 'a number' : 'a number that a float32 holds');
  }
}

const thousands = 'a number without thousands separators';
const undecided = 'a number whose decimal mark is known (choose it)';

function expected(what: string): FtteError {
  return new FtteError('reading-invalid', `expected ${what}`);
}
