import { describeMeasured, FtteError } from '../../platform';

/** Values that mean "no value" besides the usual words: sentinels such as -999, and words in lower case. */
export interface MissingValues {
  readonly numbers: ReadonlySet<number>;
  readonly words: ReadonlySet<string>;
}

/** Texts that devices, spreadsheets and home automation write in place of a value, in lower case. */
const usualWords: ReadonlySet<string> = new Set([
  ...['', '-', '--', '---', '?', '??', '???', '.'],
  ...['\u2013', '\u2014', '\u2015', '\u2212', '\u2026', '...', '*', '**', '***', '/', '//'],
  ...[
    'unavailable',
    'unknown',
    'undefined',
    'missing',
    'no data',
    'not available',
    'not applicable',
    'no value',
  ],
  // "No value" in other languages: k. A. and n. v. (German), n/d and s/d (French, Spanish, Italian).
  ...['k.a.', 'k. a.', 'n.v.', 'n. v.', 'n/d', 'n.d.', 'nd', 's/d', 's.d.'],
  // Errors of spreadsheets.
  ...['#value!', '#div/0!', '#ref!', '#num!', '#name?', '#wert!', '#bezug!', '#zahl!', '#nv'],
  ...['(null)', '<null>', 'not a number', 'nan.0'],
  ...['na', 'n/a', 'n.a.', '#n/a', '<na>', 'nan', '-nan', '+nan', '#nan', 'nil', 'null', '#null!', 'none'],
  // NaN in the notation of C libraries.
  ...['nan(ind)', '-nan(ind)', '1.#qnan', '-1.#ind', '1.#ind', '-1.#qnan'],
]);

const noOthers: MissingValues = { numbers: new Set(), words: new Set() };

/** The largest float32. A larger number would be infinite in a window. */
const largest = 3.4028234663852886e38;

/** @param words the words of the setting, such as "-999, offline"; numbers among them are sentinels */
export function missingValues(words: readonly string[]): MissingValues {
  const texts = words.map((word) => word.trim()).filter((word) => word !== '');
  return {
    numbers: new Set(texts.map(Number).filter((number) => !Number.isNaN(number))),
    words: new Set(texts.map((text) => text.toLowerCase())),
  };
}

/**
 * The number of a value or of its text. NaN stands for a missing value: null, undefined, NaN, one of the usual words,
 * or a word of the settings. If an object has a field `value` (with a unit beside it, for example), that is read.
 * @throws FtteError `reading-invalid`
 */
export function readValue(value: unknown, channel: string, missing: MissingValues = noOthers): number {
  if (typeof value === 'number') return inRange(value, channel, missing);
  if (value === null || value === undefined) return Number.NaN;
  if (typeof value === 'string') return fromText(value, channel, missing);
  if (typeof value === 'bigint') return inRange(Number(value), channel, missing);
  const inner = innerValue(value);
  if (inner !== undefined) return readValue(inner.value, channel, missing);
  throw notANumber(value, channel);
}

/** True for a text that is a number, as `readValue` reads it. */
export function isNumberText(text: string): boolean {
  return numberOf(text.trim()) !== undefined;
}

/** True for a text that stands for a missing value: a usual word, or one that the user says. */
export function isMissingWord(text: string, missing: MissingValues = noOthers): boolean {
  if (text.length > 64) return false;
  const word = text.trim().toLowerCase();
  return usualWords.has(word) || missing.words.has(word);
}

function inRange(value: number, channel: string, missing: MissingValues): number {
  if (missing.numbers.size > 0 && missing.numbers.has(value)) return Number.NaN;
  if (Math.abs(value) <= largest || Number.isNaN(value)) return value;
  const got = Number.isFinite(value) ? 'beyond what a float32 holds' : String(value);
  throw new FtteError('reading-invalid', `channel ${channel} is ${got}, expected a finite number`, {
    channel,
  });
}

function fromText(text: string, channel: string, missing: MissingValues): number {
  if (isMissingWord(text, missing)) return Number.NaN;
  // Spreadsheets write the minus sign U+2212.
  const word =
    text.length > 64
      ? text
      : text
          .trim()
          .toLowerCase()
          .replace(/^\u2212/, '-');
  const number = numberOf(word);
  if (number !== undefined) return inRange(number, channel, missing);
  if (/^[+-]?\d{1,3}([.,]\d{3})+$/.test(word)) {
    throw new FtteError(
      'reading-invalid',
      `channel ${channel} is a text whose comma may mark decimals or thousands, expected a number`,
      { channel },
    );
  }
  const form = formOf(word);
  if (form === undefined) throw notANumber(text, channel);
  throw new FtteError('reading-invalid', `channel ${channel} is ${form}, expected a number`, { channel });
}

/** The form of a text that nearly is a number, with what to do about it. The text itself may be private. */
function formOf(text: string): string | undefined {
  if (text.length > 64) return undefined;
  if (/^[+-]?\d{1,3}(?:[ '_\u00a0\u2009\u202f\u2019]\d{3})+(?:[.,]\d*)?$/.test(text))
    return 'a text with thousands separators';
  if (/^[+-]?0x[\da-f]+$/.test(text)) return 'a text with a hexadecimal number';
  if (/^[+-]?[\d.,]*\d\s*%$/.test(text)) return 'a number with a % sign behind it (remove it before)';
  if (/^[+-]?[\d.,]*\d\s*[\p{L}\u00b0/][\p{L}\d\u00b0/%^ .-]*$/u.test(text))
    return 'a number with a unit or other letters behind it (remove them before)';
  return undefined;
}

const plain = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?$/;
/** A decimal comma: there are not three digits after it, or only a zero before it. */
const decimalComma = /^[+-]?(\d*,(\d{1,2}|\d{4,})|0,\d+)(e[+-]?\d{1,4})?$/;
/** If both separators occur, the last one marks decimals: 1.234,5 or 1,234.5. */
const pointThenComma = /^[+-]?\d{1,3}(\.\d{3})+,\d+$/;
const commaThenPoint = /^[+-]?\d{1,3}(,\d{3})+\.\d+$/;

/** The number of a text. Undefined if it is not a number, or if it could be two. */
function numberOf(text: string): number | undefined {
  if (text.length > 64) return undefined;
  if (plain.test(text)) return Number(text);
  if (decimalComma.test(text)) return Number(text.replace(',', '.'));
  if (pointThenComma.test(text)) return Number(text.replaceAll('.', '').replace(',', '.'));
  if (commaThenPoint.test(text)) return Number(text.replaceAll(',', ''));
  return undefined;
}

/** The field `value` of an object, if that is its main content. */
export function innerValue(value: unknown): { value: unknown } | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'value')) return undefined;
  const inner = (value as { value: unknown }).value;
  // One more level, as in { value: { dataType, value } }, and no further.
  if (typeof inner !== 'object' || inner === null) return { value: inner };
  const innermost = Object.hasOwn(inner, 'value') ? (inner as { value: unknown }).value : inner;
  return typeof innermost === 'object' && innermost !== null ? undefined : { value: innermost };
}

function notANumber(value: unknown, channel: string): FtteError {
  return new FtteError(
    'reading-invalid',
    `channel ${channel} is ${describeMeasured(value)}, expected a number`,
    {
      channel,
    },
  );
}
