import { countedClock, earlyClocks, isEarlyClock, isSerialDay, serialDays } from './other-clocks';
import type { TimeFormat, TimeUnitName } from './read-time';

/** Milliseconds of each unit. */
const unitMs: Readonly<Record<TimeUnitName, number>> = { s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };
const unitNames = Object.keys(unitMs) as TimeUnitName[];
const spoken: Readonly<Record<TimeUnitName, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
};

/**
 * A step fits a unit if it is at most this factor longer or shorter than a period; units differ by a factor of 1000.
 */
const fitFactor = 8;
/** Steps that must agree before a unit is used that differs from the one of the size of the numbers. */
const evidence = { small: 2, epoch: 8 };
/** Readings after which the size of the numbers decides if no unit fits the steps. */
const patience = 64;

const year2001 = Date.UTC(2001, 0);
const year2100 = Date.UTC(2100, 0);

/** The certainty of the unit after a reading. `unsure`: the time of this reading may be reinterpreted. */
export type UnitState = 'sure' | 'unsure' | 'changed';

/**
 * Finds out in which unit the numbers of a stream count time. First the size of the number decides (1.7e9 is seconds
 * since 1970, 1.7e12 milliseconds). Then the steps between readings, of which one is due each period, confirm or
 * correct the unit.
 */
export class TimeUnit {
  private unit: TimeUnitName = 'ms';
  private decided = false;
  private first: number | undefined;
  private rows = 0;
  private doubted: TimeUnitName | undefined;
  private doubts = 0;
  /** True if the last times were dates of our days. */
  private wasEpoch = false;

  /**
   * @param onFound receives, in words, a unit that is not milliseconds or not the one of the settings, and each change of
   * the unit. `isRead`: the times are read in that unit; otherwise they are not the stream's
   */
  constructor(
    private readonly format: TimeFormat,
    private readonly periodMs: number,
    private readonly onFound: (text: string, isRead: boolean) => void,
  ) {
    if (Object.hasOwn(unitMs, format)) this.unit = format as TimeUnitName;
  }

  /** Milliseconds of a number, in the unit as far as it is known. */
  toMs(value: number): number {
    return value * unitMs[this.unit];
  }

  /** True if the unit does not change any more, unless the device changes it. */
  get isDecided(): boolean {
    return this.decided;
  }

  /** The times are those of arrival, read in the present unit. */
  confirm(): void {
    if (!this.decided) this.decide(this.unit);
  }

  /**
   * Examines the time of the next reading.
   * @param rows readings since the last one that was examined
   * @returns `changed` if numbers that were converted before have to be scaled by `change`
   */
  observe(value: number, rows: number): UnitState {
    if (this.decided) {
      if (!this.isSet) this.follow(value);
      return 'sure';
    }
    if (this.first === undefined || value < this.first) {
      if (this.first === undefined && !this.isSet) {
        this.unit = unitOfSize(value);
        const other = otherClock(value);
        if (other !== undefined) this.refuse(other);
      }
      this.begin(value);
      return 'sure';
    }
    this.rows += rows;
    if (value === this.first) return 'sure';
    const step = (value - this.first) / this.rows;
    const fits = unitNames.find((name) => this.fit(step, name));
    if (!fits && !this.isSet && isSerialDay(this.first) && this.isPeriod(step * dayMs)) {
      this.refuse(serialDays);
      return this.decide(this.unit);
    }
    if (fits === this.unit || (!fits && this.rows >= patience)) return this.decide(this.unit);
    if (!fits) return 'sure';
    this.doubts = fits === this.doubted ? this.doubts + 1 : 1;
    this.doubted = fits;
    if (this.doubts < (isEpoch(this.toMs(value)) ? evidence.epoch : evidence.small)) return 'unsure';
    return this.decide(fits);
  }

  /** The factor for times that were converted before `changed`. */
  change = 1;

  private get isSet(): boolean {
    return Object.hasOwn(unitMs, this.format);
  }

  /** Another unit from here on: a device with other firmware. Times that were dates of our days stay such dates. */
  private follow(value: number): void {
    const ms = this.toMs(value);
    if (isEpoch(ms)) {
      this.wasEpoch = true;
      return;
    }
    const unit = unitOfSize(value);
    if (!this.wasEpoch || unit === this.unit || !isEpoch(value * unitMs[unit])) return;
    this.unit = unit;
    this.onFound(`times have become ${spoken[unit]}: they are read as ${spoken[unit]} from here on`, true);
  }

  private begin(value: number): void {
    this.first = value;
    this.rows = 0;
    this.doubts = 0;
  }

  private refuse(clock: string): void {
    this.onFound(
      `times look like ${clock}, which are not read as times: make milliseconds or ISO 8601 of them`,
      false,
    );
  }

  private fit(step: number, unit: TimeUnitName): boolean {
    return this.isPeriod(step * unitMs[unit]);
  }

  private isPeriod(stepMs: number): boolean {
    const periods = stepMs / this.periodMs;
    return periods > 1 / fitFactor && periods < fitFactor;
  }

  private decide(unit: TimeUnitName): UnitState {
    this.decided = true;
    if (!this.isSet && unit === 's' && isEarlyClock(this.first)) {
      this.refuse(earlyClocks);
      this.unit = unit;
      return 'sure';
    }
    if (this.isSet) {
      if (unit !== this.unit)
        this.onFound(`times look like ${spoken[unit]}, and are set to be ${spoken[this.unit]}`, false);
      return 'sure';
    }
    if (unit !== 'ms')
      this.onFound(
        `times look like ${spoken[unit]}, not milliseconds: they are read as ${spoken[unit]}`,
        true,
      );
    if (unit === this.unit) return 'sure';
    this.change = unitMs[unit] / unitMs[this.unit];
    this.unit = unit;
    return 'changed';
  }
}

/** Milliseconds of the unit in which a number is a time of our days; undefined for any other number. */
export function unitMsOf(value: number): number | undefined {
  const ms = unitMs[unitOfSize(value)];
  return isEpoch(value * ms) ? ms : undefined;
}

/** The unit in which a number is a time of the present. A small number is in milliseconds from an unknown start. */
function unitOfSize(value: number): TimeUnitName {
  const size = Math.abs(value);
  if (size < 1e9) return 'ms';
  if (size < 1e11) return 's';
  if (size < 1e14) return 'ms';
  return size < 1e17 ? 'us' : 'ns';
}

/** The clock that a number is probably of, if this project does not read it. */
function otherClock(value: number): string | undefined {
  const isDate = value >= 20_000_101_000_000 && value < 21_000_101_000_000;
  return isDate ? 'dates without separators (YYYYMMDDhhmmss)' : countedClock(value);
}

const dayMs = 86_400_000;

function isEpoch(ms: number): boolean {
  return ms >= year2001 && ms < year2100;
}
