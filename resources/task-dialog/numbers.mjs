/* Numbers as people write and read them. */

import { fixed } from '../dialogs/in-language.mjs';

/** A text with a comma that one person takes for a thousand and another for a whole: `1,000`. */
const ambiguous = /^[+-]?[1-9]\d{0,2},\d{3}$/;

/**
 * A number if the text is one, with a point or a comma; other text (`${NAME}`, mistakes, `1,000`) as it is, for the runtime to
 * check.
 */
export function number(text) {
  const whole = String(text).trim();
  const trimmed = ambiguous.test(whole) ? whole : whole.replace(/^([+-]?\d*),(\d+)$/, '$1.$2');
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

/** A number without the digits that binary fractions add. */
export const exact = (value) => Number(value.toPrecision(12));

/** @param round `Math.ceil` for an amount that is needed at least */
export function bytes(count, round = Math.round) {
  const shown = (unit, digits) => fixed(round((count / unit) * 10 ** digits) / 10 ** digits, digits);
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${shown(1024, count < 10240 ? 1 : 0)} KB`;
  return `${shown(1024 * 1024, 1)} MB`;
}

export const percent = (share) => `${Math.round(100 * share)} %`;
