import { fromHalf, toHalf } from '../../platform';

/** The form in which the value of a field travels, if not as it is. A value that it does not know stays as it is, and is refused later. */
export interface FieldForm {
  /** In docs/protocol.md. */
  readonly name: string;
  /** Meanings of its numbers, from 0 on: words, or the fields of a map. */
  readonly numbered?: readonly NumberedField[];
  toWire(value: unknown): unknown;
  fromWire(value: unknown): unknown;
}

/** A field of a map: its name, and its form if it does not travel as it is. Its number is its place in a list. */
export type NumberedField = string | readonly [name: string, form: FieldForm];

const hexadecimal = /^[0-9a-f]*$/;

/** This number of bytes, in memory as hexadecimal digits; nothing as no bytes. */
const hexBytes = (name: string, length: number): FieldForm => ({
  name,
  toWire: (value) => {
    if (typeof value !== 'string' || !hexadecimal.test(value)) return value;
    return value.length === 2 * length || value === '' ? Buffer.from(value, 'hex') : value;
  },
  fromWire: (value) => {
    if (!(value instanceof Uint8Array) || (value.length !== length && value.length !== 0)) return value;
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
  },
});

/** 16 hexadecimal digits as 8 bytes. */
export const id = hexBytes('id', 8);
/** 64 hexadecimal digits as 32 bytes. */
export const digest = hexBytes('digest', 32);

/** Text, of which 16 hexadecimal digits are 8 bytes. */
export const textOrId: FieldForm = {
  name: 'id or text',
  toWire: (value) => (value === '' ? value : id.toWire(value)),
  fromWire: (value) => (value instanceof Uint8Array && value.length === 0 ? value : id.fromWire(value)),
};

/** One of some words, as its number. */
export const oneOf = (name: string, words: readonly string[]): FieldForm => ({
  name,
  numbered: words,
  toWire: (value) => {
    const at = words.indexOf(value as string);
    return at < 0 ? value : at;
  },
  fromWire: (value) => (typeof value === 'number' ? (words[value] ?? value) : value),
});

/** A measured number, of which three decimals matter: 2 bytes if they hold it, else 4. */
export const measured: FieldForm = {
  name: 'measured',
  toWire: (value) => {
    if (typeof value !== 'number') return value;
    const half = fromHalf(toHalf(value));
    const single = Math.fround(value);
    if (Math.abs(half - value) <= Math.abs(value) / 1000) return half;
    return Math.abs(single - value) <= Math.abs(value) / 1000 ? single : value;
  },
  fromWire: (value) => value,
};

/** A map inside a field, with the numbers of its fields as keys. */
export const mapOf = (name: string, fields: readonly NumberedField[]): FieldForm => ({
  name,
  numbered: fields,
  toWire: (value) => (isRecord(value) ? toNumbers(fields, value, 0) : value),
  fromWire: (value) => (isRecord(value) ? fromNumbers(fields, value, 0) : value),
});

/**
 * The fields of an object under their numbers, ascending.
 * @param first the number of the first field
 */
export function toNumbers(
  fields: readonly NumberedField[],
  value: Readonly<Record<string, unknown>>,
  first: number,
): Map<number | string, unknown> {
  const numbered = new Map<number | string, unknown>();
  fields.forEach((field, i) => {
    const [name, form] = typeof field === 'string' ? [field] : field;
    const own = value[name];
    if (own !== undefined) numbered.set(first + i, form ? form.toWire(own) : own);
  });
  return numbered;
}

/** The reverse. Numbers and names that are not known are left out. */
export function fromNumbers(
  fields: readonly NumberedField[],
  numbered: Readonly<Record<string, unknown>>,
  first: number,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  fields.forEach((field, i) => {
    const [name, form] = typeof field === 'string' ? [field] : field;
    const own = numbered[first + i];
    if (own !== undefined) value[name] = form ? form.fromWire(own) : own;
  });
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
