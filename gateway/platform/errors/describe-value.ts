/**
 * Describes a wrong value in a few characters, for an error and its log. A text is quoted and cut; a list or an object
 * is described only by its kind and size. It never throws, whatever the value is.
 */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(cut(value, 40));
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Date && Number.isNaN(value.getTime())) return 'an invalid Date';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = value.constructor?.name ?? 'Object';
  if (!ArrayBuffer.isView(value)) return name === 'Object' ? 'an object' : `an object (${name})`;
  return 'length' in value ? `a ${name} of ${value.length}` : `a ${name}`;
}

/**
 * Describes a value in the place of a reading, or of something that holds readings, for an error. The description never
 * contains a number that a sensor may have measured, because errors end up in logs, also on other machines.
 */
export function describeMeasured(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return 'a number';
  if (typeof value === 'string' && /\d/.test(value)) return 'a text with a number in it';
  return describeValue(value);
}

/** A value from a file or from settings that a person wrote, as JSON of at most `most` characters. */
export function jsonExcerpt(value: unknown, most = 60): string {
  return cut(JSON.stringify(value) ?? 'nothing', most);
}

/** Whether a value from outside has fields: it is neither null nor an array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text of at most `most` characters. */
export const cut = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most - 3)}...` : text;
