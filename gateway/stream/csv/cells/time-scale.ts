import { earlyClocks, isEarlyClock, isNtp, type TimeFormat, type TimeUnitName } from '../../time';
import { foreignClock } from './foreign-clock';
import { lettersOf } from './near-name';
import { type ClockUnit, unitMs } from './time-cells';

/** Readings per second of most sensors, and of all sensors. */
const usualHz = [0.2, 4000] as const;
const possibleHz = [1 / 86_400, 100_000] as const;
/** Units, the most frequent first. */
const likely: readonly TimeUnitName[] = ['ms', 's', 'us', 'ns'];
const byName: Readonly<Record<string, ClockUnit>> = {
  ...{ s: 's', sec: 's', secs: 's', second: 's', seconds: 's' },
  ...{ ms: 'ms', msec: 'ms', msecs: 'ms', millis: 'ms', millisecond: 'ms', milliseconds: 'ms' },
  ...{ us: 'us', µs: 'us', usec: 'us', micros: 'us', microsecond: 'us', microseconds: 'us' },
  ...{ ns: 'ns', nsec: 'ns', nanos: 'ns', nanosecond: 'ns', nanoseconds: 'ns' },
  ...{ min: 'min', mins: 'min', minute: 'min', minutes: 'min' },
  ...{ h: 'h', hr: 'h', hrs: 'h', hour: 'h', hours: 'h', d: 'd', day: 'd', days: 'd' },
};

/** Everything that is known about the times of a column. */
export interface TimeClues {
  /** Setting of the user. */
  readonly format: TimeFormat;
  readonly name: string;
  /** Unit of the column in the file; empty if there is none. */
  readonly unit: string;
  /** The first times. */
  readonly values: readonly number[];
  /** Readings per second, if known. */
  readonly rateHz: number | undefined;
}

/**
 * The unit of times that are numbers: the chosen one, the one in the column's name (`time_ms`, `t [s]`), or else the one
 * that gives dates of our time, the rate, or a usual rate of sensors.
 * @returns `foreign` with the name of a clock that is not read, if they are of one
 */
export function timeUnit({
  format,
  name,
  unit,
  values,
  rateHz,
}: TimeClues): ClockUnit | { readonly foreign: string } {
  if (Object.hasOwn(unitMs, format)) return format as TimeUnitName;
  if (isNtp(values[0] ?? 0)) return 'NTP';
  const named =
    byName[unit.toLowerCase()] ?? byName[/[_\s]([a-z\u00b5]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''];
  if (named) return named;
  if (lettersOf(name).startsWith('seconds')) return 's';
  const step = medianStep(values);
  const foreign = foreignClock(name, values, step, rateHz);
  if (foreign !== undefined) return { foreign };
  const found = unitOf(values, step, rateHz);
  return found === 's' && isEarlyClock(values[0]) ? { foreign: earlyClocks } : found;
}

/** The unit that fits the numbers. @param step median of the steps between rows; undefined if there is none */
function unitOf(
  values: readonly number[],
  step: number | undefined,
  rateHz: number | undefined,
): TimeUnitName {
  const comesAt = (one: TimeUnitName, [fewest, most]: readonly [number, number]) => {
    const hz = step === undefined ? fewest : 1000 / (step * unitMs[one]);
    return hz >= fewest && hz <= most;
  };
  const first = values[0] ?? 0;
  const since1970 = likely.find((one) => isOfOurDays(first * unitMs[one]) && comesAt(one, possibleHz));
  if (since1970) return since1970;
  if (step === undefined) return 'ms';
  if (rateHz !== undefined) return nearest(step, 1000 / rateHz);
  // Clocks in milliseconds give whole numbers.
  if (values.some((value) => !Number.isInteger(value)) && comesAt('s', [1, 4000])) return 's';
  return (
    likely.find((one) => comesAt(one, usualHz)) ?? likely.find((one) => comesAt(one, possibleHz)) ?? 'ms'
  );
}

function isOfOurDays(ms: number): boolean {
  return ms >= Date.UTC(2000, 0) && ms < Date.UTC(2100, 0);
}

/** The median of the steps between rows, in whichever direction the times run. */
function medianStep(values: readonly number[]): number | undefined {
  const steps = values
    .slice(1)
    .map((value, i) => Math.abs(value - values[i]!))
    .filter((step) => step > 0);
  return steps.sort((a, b) => a - b)[steps.length >> 1];
}

/** The unit in which a step is nearest to a period, by ratio. */
function nearest(step: number, periodMs: number): TimeUnitName {
  const distance = (one: TimeUnitName) => Math.abs(Math.log((step * unitMs[one]) / periodMs));
  return likely.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}
