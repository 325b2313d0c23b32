import { describeMeasured, FtteError } from '../../platform';
import { parseIso } from '../time';
import { asReading, fieldsOf, inArray } from '../values';
import { emptyPacket, type Packet, type PacketContext, type RawReading, single } from './packet';

/** Fields with the time of a reading, in this order, unless a channel has that name. */
const timeFields = ['time', 'timestamp', 'ts'];
/** Other names of such a field, in lower case: they are read if they hold a time of our days. */
const otherTimeFields: ReadonlySet<string> = new Set([
  ...['time', 'timestamp', 'ts', '_time', 'datetime', 'date_time', 'time_stamp', 'utc', 'measured_at'],
  ...['recorded_at', 'created_at', 'sampled_at', 'measuredat', 'recordedat', 'createdat', 'sampledat'],
]);
/** Numbers with separators between them. */
const tableRow = /^\s*[+-]?[\d.]+\s*([,;\t]\s*[+-]?[\d.]+\s*)+$/;
/** Elements that are examined to see whether a long array holds numbers. */
const looked = 4096;
/** Seconds since 1970 in 2001: a larger number may be a time, in whatever unit. */
const since1970S = 1e9;

/**
 * Reads the readings of a flow: an object by channel name, an array in channel order, an array of these, one array per
 * channel, or numbers of the only channel.
 * @throws FtteError `reading-invalid`
 */
export function readPlain(payload: unknown, context: PacketContext): Packet {
  refuseBytes(payload);
  if (payload === null || typeof payload !== 'object') throw notAReading(payload, context.channels);
  if (payload instanceof Map) return ofObject(Object.fromEntries(payload), context.channels);
  if (Array.isArray(payload) || ArrayBuffer.isView(payload))
    return ofArray(payload as unknown as ArrayLike<unknown>, context.channels);
  return ofObject(payload as Record<string, unknown>, context.channels);
}

/** The error for a payload that is not a reading, with advice on what to do. */
export function notAReading(payload: unknown, channels: readonly string[]): FtteError {
  const json = typeof payload === 'string' && /^\s*[[{]/.test(payload);
  const hint = json
    ? ' (it looks like JSON: put a json node before this one, or let the source parse it)'
    : typeof payload === 'string' && tableRow.test(payload)
      ? ' (it looks like a row of CSV: put a csv node before this one)'
      : '';
  return new FtteError(
    'reading-invalid',
    `reading is ${describeMeasured(payload)}${hint}; expected an object with ${channels.join(', ')}, ` +
      'an array in that order, or a number with the channel as topic',
  );
}

function refuseBytes(payload: unknown): void {
  const json = payload as { type?: unknown; data?: unknown } | null;
  const isBytes =
    Buffer.isBuffer(payload) ||
    payload instanceof ArrayBuffer ||
    payload instanceof DataView ||
    (typeof payload === 'object' && json?.type === 'Buffer' && Array.isArray(json.data));
  if (!isBytes) return;
  throw new FtteError(
    'reading-invalid',
    'reading is raw bytes (a Buffer); decode them first: let the source give a parsed object or a text, ' +
      'or make numbers of them, such as a Float32Array',
  );
}

function ofArray(values: ArrayLike<unknown>, channels: readonly string[]): Packet {
  if (values.length === 0) return emptyPacket;
  const isNested = (value: unknown) =>
    typeof value === 'object' && value !== null && !(value instanceof Date);
  const nested = Array.isArray(values) && values.slice(0, looked).some(isNested);
  if (!nested) {
    // With one channel, the numbers are readings; with several, they are one reading.
    if (channels.length !== 1) return single({ values });
    return batch(values.length, (i) => ({ values: [values[i]] }));
  }
  const byChannel = arraysByChannel(values, channels);
  if (byChannel) return ofChannels(byChannel, channels, {});
  return batch(values.length, (i) => {
    try {
      const reading = asReading(values[i]);
      return { values: reading, ...ownFields(reading, channels) };
    } catch (error) {
      throw inArray(i, error);
    }
  });
}

/** An array of one array per channel, all of the same length, which no reading could have. */
function arraysByChannel(
  values: ArrayLike<unknown>,
  channels: readonly string[],
): ArrayLike<unknown>[] | undefined {
  if (values.length !== channels.length) return undefined;
  const arrays = Array.from(values).filter(isArray);
  const length = arrays[0]?.length;
  const fits = arrays.length === channels.length;
  return fits && length !== channels.length && arrays.every((array) => array.length === length)
    ? arrays
    : undefined;
}

function ofObject(values: Record<string, unknown>, channels: readonly string[]): Packet {
  const own = ownFields(values, channels);
  const columns = channels.map((name) => (Object.hasOwn(values, name) ? values[name] : undefined));
  if (!columns.some(isArray)) return single({ values, ...own }, { fields: fieldsOf(values) });
  return ofChannels(columns, channels, own);
}

/** One array per channel. A single number beside arrays belongs to the first reading. */
function ofChannels(
  columns: readonly unknown[],
  channels: readonly string[],
  own: Omit<RawReading, 'values'>,
): Packet {
  const lengths = columns.flatMap((column, c) =>
    isArray(column) ? [[channels[c]!, column.length] as const] : [],
  );
  const count = lengths[0]![1];
  const other = lengths.find(([, length]) => length !== count);
  if (other) {
    throw new FtteError(
      'reading-invalid',
      `channel ${lengths[0]![0]} has ${count} values and channel ${other[0]} has ${other[1]}; expected the same number of each`,
    );
  }
  if (count === 0) return emptyPacket;
  const present = channels.filter((_, c) => columns[c] !== undefined);
  const packet = batch(count, (i) => {
    const row: Record<string, unknown> = {};
    channels.forEach((name, c) => {
      const column = columns[c];
      if (isArray(column)) row[name] = column[i];
      else if (i === 0 && column !== undefined) row[name] = column;
      else if (column !== undefined) row[name] = undefined;
    });
    const time = isArray(own.time) ? own.time[i] : undefined;
    const label = isArray(own.label) ? own.label[i] : own.label;
    const beat = isArray(own.beat) ? own.beat[i] : undefined;
    return { values: row, time, label, beat };
  });
  const time = isArray(own.time) ? undefined : own.time;
  return { ...packet, fields: present.join(', '), ...(time !== undefined && { time }) };
}

function batch(count: number, at: (index: number) => RawReading): Packet {
  return { count, batch: true, at };
}

/** The fields of a reading besides its channels. */
function ownFields(reading: object | null, channels: readonly string[]): Omit<RawReading, 'values'> {
  if (reading === null || isArray(reading)) return {};
  const values = reading as Record<string, unknown>;
  const own = (name: string) => Object.hasOwn(values, name) && !channels.includes(name);
  const time =
    timeFields.find(own) ?? Object.keys(values).find((name) => own(name) && isTimeField(name, values[name]));
  return {
    ...(time !== undefined && { time: values[time] }),
    ...(own('label') && { label: values['label'] }),
    ...(own('beat') && { beat: values['beat'] }),
  };
}

/** True for a field such as Timestamp or DateTime that holds a time. Other things have such names, too. */
function isTimeField(name: string, value: unknown): boolean {
  if (!otherTimeFields.has(name.toLowerCase())) return false;
  if (isArray(value)) return value.length > 0 && isTimeField(name, value[0]);
  if (value instanceof Date) return true;
  return typeof value === 'number'
    ? value > since1970S
    : typeof value === 'string' && parseIso(value.trim()) !== undefined;
}

function isArray(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
