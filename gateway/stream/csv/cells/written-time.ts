const yearFirst =
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:(?:[t ]\s*)(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,:](\d{1,9}))?)?(.*))?$/i;
const endInPoints = /^(.*\d{4}[, t]+\d{1,2})\.(\d{2})\.(\d{2})$/i;

/** Characters of a time. */
const longestTime = 80;
const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,:](\d{1,9}))?)?$/;
const inPoints = /^(\d{1,2})\.(\d{2})\.(\d{2})$/;
const stopwatch = /^(\d{1,4}):(\d{2})[.,](\d{1,9})$/;

/** Milliseconds of a time of day (`10:00:00.020`, `10.00.00`) or of minutes and seconds (`61:05.020`); undefined for another text. */
export function parseClock(text: string): number | undefined {
  const watch = stopwatch.exec(text);
  if (watch) return msOf(0, Number(watch[1]), Number(watch[2]), watch[3]);
  const parts = clock.exec(text) ?? inPoints.exec(text);
  if (!parts) return undefined;
  const [hours, minutes, seconds] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)];
  return hours > 24 || minutes > 59 || seconds > 60 ? undefined : msOf(hours, minutes, seconds, parts[4]);
}

function msOf(hours: number, minutes: number, seconds: number, fraction = '0'): number {
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number(`0.${fraction}`) * 1000;
}

/** A date with the year first in the form of ISO 8601, and a time of day with colons; other texts as they are. */
export function tidyTime(text: string): string {
  if (text.length > longestTime) return text;
  const parts = yearFirst.exec(text);
  if (!parts) return text.replace(endInPoints, '$1:$2:$3');
  const [, year, month = '', day = '', hour, minute, second = '00', fraction = '0', zone = ''] = parts;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (hour === undefined) return date;
  return `${date}T${hour.padStart(2, '0')}:${minute}:${second}.${fraction}${zone.trim().replace(/^(?:utc|gmt)$/i, 'Z')}`;
}
