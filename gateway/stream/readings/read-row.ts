import { describeMeasured, describeValue, FtteError } from '../../platform';

/** What a message says besides its values. */
export interface ReadingContext {
  /** Names the channel where the payload is a single number: the topic, or its last part. */
  readonly topic?: string;
  /** Name of the label, or its index. */
  readonly label?: unknown;
  /** Milliseconds since the epoch, a Date, or an ISO 8601 string. */
  readonly time?: unknown;
  readonly subject?: string;
}

/**
 * Reads an object (by name) or an array (in channel order) into `row`; NaN stands for a missing value.
 * @throws FtteError `reading-invalid` naming the channel, what came and what was wanted
 */
export function readRow(payload: object, channels: readonly string[], row: Float64Array): void {
  if (Buffer.isBuffer(payload) || payload instanceof ArrayBuffer || payload instanceof DataView) {
    throw new FtteError('reading-invalid', 'reading is raw bytes; decode them to numbers first');
  }
  if (Array.isArray(payload) || ArrayBuffer.isView(payload)) {
    const values = payload as ArrayLike<unknown>;
    if (values.length !== channels.length) {
      throw new FtteError(
        'reading-invalid',
        `reading has ${values.length} values, wanted ${channels.length}: ${channels.join(', ')}`,
        { got: values.length, wanted: channels.length },
      );
    }
    channels.forEach((name, c) => {
      row[c] = readValue(values[c], name);
    });
    return;
  }
  const values = payload as Record<string, unknown>;
  let present = 0;
  channels.forEach((name, c) => {
    if (Object.hasOwn(values, name)) present++;
    row[c] = readValue(Object.hasOwn(values, name) ? values[name] : undefined, name);
  });
  if (present === 0) {
    const keys = Object.keys(values).slice(0, 8).join(', ') || 'no fields';
    throw new FtteError('reading-invalid', `reading has ${keys}; wanted ${channels.join(', ')}`);
  }
}

/** A number as it is; NaN for a missing one (null, undefined, NaN). @throws FtteError `reading-invalid` */
export function readValue(value: unknown, channel: string): number {
  if (value === null || value === undefined) return Number.NaN;
  if (typeof value !== 'number') {
    throw new FtteError(
      'reading-invalid',
      `channel ${channel} is ${describeMeasured(value)}, wanted a number`,
      {
        channel,
      },
    );
  }
  if (value === Infinity || value === -Infinity) {
    throw new FtteError('reading-invalid', `channel ${channel} is ${value}, wanted a finite number`, {
      channel,
    });
  }
  return value;
}

/** The channel a topic names, wholly or by its last part; -1 if none. */
export function channelOfTopic(topic: string | undefined, channels: readonly string[]): number {
  if (!topic) return -1;
  const whole = channels.indexOf(topic);
  return whole >= 0 ? whole : channels.indexOf(topic.slice(topic.lastIndexOf('/') + 1));
}

/** Milliseconds of a number, a Date or an ISO string; undefined where there is none. @throws FtteError `reading-invalid` */
export function readTime(value: unknown): number | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const ms =
    typeof value === 'number'
      ? value
      : value instanceof Date
        ? value.getTime()
        : typeof value === 'string'
          ? Date.parse(value)
          : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new FtteError(
    'reading-invalid',
    `time is ${describeValue(value)}, wanted milliseconds, a Date or an ISO 8601 string`,
  );
}

/**
 * Index of a label given by name or index; -1 where there is none, and where none is wanted.
 * @throws FtteError `label-unknown` listing the labels there are
 */
export function readLabel(value: unknown, labels: readonly string[]): number {
  if (value === null || value === undefined || value === '' || labels.length === 0) return -1;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < labels.length)
    return value;
  const index = typeof value === 'string' ? labels.indexOf(value) : -1;
  if (index >= 0) return index;
  throw new FtteError(
    'label-unknown',
    `label is ${describeValue(value)}, wanted one of ${labels.join(', ')} or an index from 0 to ${labels.length - 1}`,
  );
}

/** A reading of an array, which is no number by topic. @throws FtteError `reading-invalid` */
export function asObject(reading: unknown): object {
  if (reading !== null && typeof reading === 'object') return reading;
  throw new FtteError('reading-invalid', `it is ${describeMeasured(reading)}, wanted an object or an array`);
}

/** Says in an error which reading of an array it was. */
export function inArray<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    throw new FtteError(error.code, `reading ${index} of the array: ${error.message}`, error.details);
  }
}

/** A field that an object reading carries besides its channels; undefined where it has none, or a channel of that name. */
export function ownField(reading: unknown, name: 'label' | 'time', channels: readonly string[]): unknown {
  if (reading === null || typeof reading !== 'object' || channels.includes(name)) return undefined;
  return Object.hasOwn(reading, name) ? (reading as Record<string, unknown>)[name] : undefined;
}
