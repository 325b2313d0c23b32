import { countedClock, isSerialDay, serialDays } from '../../time';
import { lettersOf } from './near-name';

/** Days of the years 2000 to 2100, by the other programs that count them. */
const dayCounts: readonly { readonly from: number; readonly to: number; readonly name: string }[] = [
  { from: 730_486, to: 767_011, name: 'days of MATLAB (datenum)' },
  { from: 2_451_544, to: 2_488_070, name: 'Julian days' },
];
const daySeconds = 86_400;
/** Rows that are this far apart, if a number counts days. As seconds, they would be faster than any usual sensor. */
const [shortest, longest] = [0.001, 40];
/** Seconds between rows that loggers are set to. */
const usualSteps = [60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600];
/** Fewest times at whole minutes that are no chance. */
const fewestMinutes = 4;
const dates: readonly string[] = [
  'date',
  'datum',
  'fecha',
  'day',
  'tag',
  'jour',
  'datetime',
  'datenum',
  'julian',
];

/**
 * The clock that the times of a column are of, if this project does not read it; undefined for other times. Numbers of days
 * are recognised by their size and by the step between rows, as a sensor may run for 45210.5 seconds.
 * @param step median of the differences between rows; undefined if there is none
 * @param rateHz readings per second, if known
 */
export function foreignClock(
  name: string,
  values: readonly number[],
  step: number | undefined,
  rateHz: number | undefined,
): string | undefined {
  if (areTimesOfDay(values)) return timesOfDay;
  const first = values[0] ?? 0;
  const isIn = ({ from, to }: { from: number; to: number }) => first >= from && first < to;
  const other = countedClock(first);
  if (other !== undefined) return other;
  const days = isSerialDay(first) ? serialDays : dayCounts.find(isIn)?.name;
  if (days === undefined) return undefined;
  if (dates.includes(lettersOf(name))) return days;
  const seconds = (step ?? 0) * daySeconds;
  if (rateHz !== undefined && isNear(seconds, 1 / rateHz, 2)) return days;
  const isFraction = values.some((value) => !Number.isInteger(value));
  const isStep =
    (seconds > shortest && seconds < longest) || usualSteps.some((one) => isNear(seconds, one, 1.01));
  return isFraction && (isStep || areMinutes(values)) ? days : undefined;
}

/** True for days of which each is a whole number of minutes, written with the digits that this takes. */
function areMinutes(values: readonly number[]): boolean {
  const isWhole = (value: number) => Math.abs(value * 1440 - Math.round(value * 1440)) < 0.01;
  const hasDigits = (value: number) => Math.abs(value * 100 - Math.round(value * 100)) > 1e-4;
  return values.length >= fewestMinutes && values.every(isWhole) && values.some(hasDigits);
}

const timesOfDay = 'times of day without separators (hhmmss)';

/** True for times of day of which a minute ends: 120059 is followed by 120100, as no counter does. */
function areTimesOfDay(values: readonly number[]): boolean {
  const isTime = (value: number) =>
    value >= 0 && value < 240_000 && value % 10_000 < 6000 && value % 100 < 60;
  if (!values.every(isTime)) return false;
  return values.some((value, i) => {
    const before = values[i - 1] ?? value;
    return before % 100 >= 58 && value % 100 < 2 && Math.floor(value / 100) !== Math.floor(before / 100);
  });
}

const isNear = (value: number, other: number, factor: number) =>
  value > other / factor && value < other * factor;
