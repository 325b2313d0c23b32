/** Points in time as text: ISO 8601, or dates with the day first or the month first. */

const date = String.raw`(?<year>\d{4})(?:-(?<month>\d{2})-(?<day>\d{2})|(?<month2>\d{2})(?<day2>\d{2}))`;
const clock = String.raw`(?<hour>\d{2})(?::?(?<minute>\d{2})(?::?(?<second>\d{2})(?:[.,](?<fraction>\d{1,18}))?)?)?`;
const zone = String.raw`(?<zone>z|[+-]\d{2}(?::?\d{2})?)`;
/**
 * The extended and the basic form, with `T` or one blank, and a decimal point or comma. The name of a zone after it
 * (RFC 9557) is ignored.
 */
const iso = new RegExp(`^${date}(?:[t ]${clock}\\s?${zone}?(?:\\[[\\w/+-]+\\])?)?$`, 'i');

const written = String.raw`(?<first>\d{1,2})(?<mark>[./-])(?<other>\d{1,2})\k<mark>(?<year>\d{4})`;
const spoken = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,18}))?)?`;
const chosen = new RegExp(`^${written}(?:,?[t ]\\s?${spoken}\\s?(?<half>[ap]m)?)?$`, 'i');

/** The number that comes first in a date such as 05.01.2026. */
export type DateOrder = 'day-first' | 'month-first';

/**
 * Milliseconds since the epoch of an ISO 8601 date, or date and time. Without a zone, a date and time is local, and a
 * date alone is UTC, as in ECMAScript. Undefined for any other text, and for a date that does not exist.
 */
export function parseIso(text: string): number | undefined {
  const parts = text.length > 80 ? undefined : iso.exec(text)?.groups;
  if (!parts) return undefined;
  return instant({
    year: Number(parts['year']),
    month: Number(parts['month'] ?? parts['month2']),
    day: Number(parts['day'] ?? parts['day2']),
    ...clockOf(parts),
    zone: parts['hour'] === undefined ? 'z' : parts['zone'],
  });
}

/** Milliseconds of a date in the notation of a country, such as 31.12.2026 23:59:59, in local time. */
export function parseDate(text: string, order: DateOrder): number | undefined {
  const parts = text.length > 80 ? undefined : chosen.exec(text)?.groups;
  if (!parts) return undefined;
  const [first, other] = [Number(parts['first']), Number(parts['other'])];
  const [day, month] = order === 'day-first' ? [first, other] : [other, first];
  const times = clockOf(parts);
  const half = parts['half']?.toLowerCase();
  if (half && (times.hour < 1 || times.hour > 12)) return undefined;
  if (half) times.hour = (times.hour % 12) + (half === 'pm' ? 12 : 0);
  return instant({ year: Number(parts['year']), month, day, ...times, zone: undefined });
}

interface Instant {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  fraction: number;
  zone: string | undefined;
}

function clockOf(parts: Record<string, string>): Pick<Instant, 'hour' | 'minute' | 'second' | 'fraction'> {
  return {
    hour: Number(parts['hour'] ?? 0),
    minute: Number(parts['minute'] ?? 0),
    second: Number(parts['second'] ?? 0),
    fraction: parts['fraction'] === undefined ? 0 : Number(`0.${parts['fraction']}`),
  };
}

function instant({ year, month, day, hour, minute, second, fraction, zone }: Instant): number | undefined {
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > lastDay) return undefined;
  // A day may end at 24:00, and a minute may have a leap second.
  if (hour > 24 || (hour === 24 && minute + second + fraction > 0) || minute > 59 || second > 60)
    return undefined;
  const ms = fraction * 1000;
  if (zone === undefined) return new Date(year, month - 1, day, hour, minute, second).getTime() + ms;
  return Date.UTC(year, month - 1, day, hour, minute, second) - offsetMs(zone) + ms;
}

function offsetMs(zone: string): number {
  if (zone.toLowerCase() === 'z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return minutes * 60_000 * (zone.startsWith('-') ? -1 : 1);
}
