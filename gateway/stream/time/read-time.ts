import { describeValue, FtteError } from '../../platform';
import { type DateOrder, parseDate, parseIso } from './iso-8601';
import { isNtp, ntpMs } from './other-clocks';

/** Notations of times: recognised (ISO 8601, or numbers whose unit is found out), numbers of a unit, or dates. */
export const timeFormats = ['auto', 's', 'ms', 'us', 'ns', 'day-first', 'month-first'] as const;
export type TimeFormat = (typeof timeFormats)[number];
export type TimeUnitName = Exclude<TimeFormat, 'auto' | DateOrder>;

/** A point in time as it came. */
export interface TimeStamp {
  readonly value: number;
  /** True for a number, whose unit is still to be found; false if `value` is in milliseconds. */
  readonly plain: boolean;
}

/** The number of digits of seconds since 1970. A shorter number as a text is no time: 2026 could be a year. */
const longNumber = /^[+-]?\d{9,20}([.,]\d{1,18})?$/;
/** A date and time without separators, such as 20260301100000. As a number it would be another time. */
const unmarkedDate = /^(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])([01]\d|2[0-3])[0-5]\d([0-5]\d)?$/;

/**
 * A point in time from a number, a text, a Date, or the objects that decoders make of 64-bit integers and protocol
 * buffers. Undefined if there is none.
 * @throws FtteError `reading-invalid`
 */
export function readTimeStamp(value: unknown, format: TimeFormat = 'auto'): TimeStamp | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const stamp = stampOf(value, format);
  if (stamp && Number.isFinite(stamp.value)) return format === 'auto' ? ofNtp(stamp) : stamp;
  const about =
    typeof value === 'string' && /^[+-]?\d{1,8}([.,]\d+)?$/.test(value.trim())
      ? `the text ${describeValue(value)}, which is too short for seconds since 1970: choose the unit of the times, or make a number of it; expected`
      : `${describeValue(value)}, expected`;
  throw new FtteError('reading-invalid', `time is ${about} ${examples(format)}`);
}

/** A 64-bit time of NTP as milliseconds: nothing else of our days is as large. */
function ofNtp({ value, plain }: TimeStamp): TimeStamp {
  return plain && isNtp(value) ? { value: ntpMs(value), plain: false } : { value, plain };
}

function stampOf(value: unknown, format: TimeFormat): TimeStamp | undefined {
  if (typeof value === 'number') return { value, plain: true };
  if (typeof value === 'bigint') return { value: Number(value), plain: true };
  if (value instanceof Date) return { value: value.getTime(), plain: false };
  if (typeof value === 'string') return fromText(value.trim(), format);
  return typeof value === 'object' && value !== null ? fromObject(value) : undefined;
}

function fromText(text: string, format: TimeFormat): TimeStamp | undefined {
  const ms = format === 'day-first' || format === 'month-first' ? parseDate(text, format) : undefined;
  const written = ms ?? parseIso(text);
  if (written !== undefined) return { value: written, plain: false };
  if (longNumber.test(text) && !unmarkedDate.test(text))
    return { value: Number(text.replace(',', '.')), plain: true };
  // If the unit is a setting, a short number is also clear.
  const chosen = format === 's' || format === 'ms' || format === 'us' || format === 'ns';
  return chosen && /^[+-]?\d{1,20}(\.\d{1,18})?$/.test(text)
    ? { value: Number(text), plain: true }
    : undefined;
}

/** 64-bit integers (`{ low, high }`), seconds with nanoseconds as in protocol buffers and ROS, and dates of MongoDB. */
function fromObject(value: object): TimeStamp | undefined {
  const of = (name: string) => (value as Record<string, unknown>)[name];
  const [low, high] = [of('low'), of('high')];
  if (typeof low === 'number' && typeof high === 'number')
    return {
      value: (high < 0 && of('unsigned') !== false ? high >>> 0 : high) * 2 ** 32 + (low >>> 0),
      plain: true,
    };
  const date = of('$date');
  if (date !== undefined) return stampOf(date, 'auto');
  const part = (names: readonly string[]) =>
    names.map(of).find((each) => each !== undefined && each !== null);
  const seconds = Number(part(['seconds', '_seconds', 'sec', 'secs']) ?? Number.NaN);
  const nanos = Number(part(['nanos', 'nanoseconds', '_nanoseconds', 'nanosec', 'nsec', 'nsecs']) ?? 0);
  return { value: seconds * 1000 + nanos / 1e6, plain: false };
}

function examples(format: TimeFormat): string {
  if (format === 'day-first') return 'a date such as 31.12.2026 23:59:59';
  if (format === 'month-first') return 'a date such as 12/31/2026 11:59:59 PM';
  return 'a number, a Date, or an ISO 8601 text such as 2026-12-31T23:59:59.000Z (for other dates choose their format)';
}
