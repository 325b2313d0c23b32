/* Numbers and times as the language of the editor writes them. */

/** The formats that were made, by name: making one costs more than a hundred uses. */
const made = new Map();

function formatOf(Type, name, options) {
  let format = made.get(name);
  if (!format) {
    try {
      format = new Type(globalThis.RED?.i18n?.lang?.(), options);
    } catch {
      // A language that the browser does not know.
      format = new Type(undefined, options);
    }
    made.set(name, format);
  }
  return format;
}

/** A number with this many digits after the point. */
export const fixed = (value, digits) =>
  formatOf(Intl.NumberFormat, `fixed ${digits}`, {
    ...{ minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false },
  }).format(value);

/** A number of this many digits in all. @param least digits that are shown even if they are zeros */
export const significant = (value, most, least = 1) =>
  formatOf(Intl.NumberFormat, `significant ${most} ${least}`, {
    ...{ minimumSignificantDigits: least, maximumSignificantDigits: most },
  }).format(value);

/** A count, in groups of three digits. @param digits after the point, at most */
export const count = (value, digits = 0) =>
  formatOf(Intl.NumberFormat, `count ${digits}`, { maximumFractionDigits: digits }).format(value);

export const clockTime = (ms) => formatOf(Intl.DateTimeFormat, 'time', { timeStyle: 'medium' }).format(ms);
/** A date with its time. @param time milliseconds since 1970, or an ISO 8601 text as JSON has it */
export const dateAndTime = (time) =>
  formatOf(Intl.DateTimeFormat, 'date', { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(time));

/** Alternatives as one text: `a, b or c`. */
export const oneOf = (texts) => formatOf(Intl.ListFormat, 'one of', { type: 'disjunction' }).format(texts);
