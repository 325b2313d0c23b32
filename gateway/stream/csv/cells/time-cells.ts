import { FtteError, messageOf } from '../../../platform';
import { ntpMs, readTimeStamp, type TimeFormat, type TimeUnitName } from '../../time';
import { isMissingWord, type MissingValues } from '../../values';
import { numberAndUnit } from './notation';
import { type DecimalMark, numberForm, plainNumber } from './number-cell';
import { parseClock, tidyTime } from './written-time';

/** Units of times in files: those that a user can choose, and those that only names of columns give. */
export type ClockUnit = TimeUnitName | 'min' | 'h' | 'd' | 'NTP';
/** Milliseconds per unit of time. */
export const unitMs: Readonly<Record<ClockUnit, number>> = {
  ...{ s: 1000, ms: 1, us: 1e-3, ns: 1e-6 },
  ...{ min: 60_000, h: 3_600_000, d: 86_400_000 },
  NTP: 1000 / 2 ** 32,
};

const dayMs = 86_400_000;
/** A date and time without separators, such as 20260301100000, which as a number would be another time. */
const unmarked = /^(19|20)\d{12}$/;
/** The notation of the times of a file. */
export interface TimeCellFormat {
  readonly format: TimeFormat;
  /** Unit of numbers, or the name of their clock if that is not read. */
  readonly unit: ClockUnit | { readonly foreign: string };
  /** Milliseconds that are added to numbers. */
  readonly originMs: number;
  /** Decimal mark of the file; undefined if the file does not show it. */
  readonly decimal: DecimalMark | undefined;
  readonly missing: MissingValues;
  /** True if the newest row comes first. */
  readonly falls: boolean;
}

/** Reads the times of a file's rows, one after the other. */
export class TimeCells {
  private lastClock: number | undefined;
  private days = 0;

  constructor(private readonly settings: TimeCellFormat) {}

  /**
   * Milliseconds of a row's time; undefined for an empty cell or a word that means a missing value. A time of day more than
   * half a day before the last one belongs to the next day; if times fall, one more than half a day after it to the day
   * before.
   * @param text text of the cell, or a date, a blank and a time of day
   * @throws FtteError `reading-invalid` that names the expected form
   */
  read(text: string): number | undefined {
    const { format, unit, originMs, decimal, missing } = this.settings;
    if (text === '' || isMissingWord(text, missing)) return undefined;
    const number = numberAndUnit(text)?.number ?? text;
    if (numberForm(number) !== 'none' && !unmarked.test(number) && !this.isDate) {
      if (typeof unit === 'object') throw new FtteError('reading-invalid', foreignExpectation(unit.foreign));
      const value = Number(plainNumber(number, decimal));
      return unit === 'NTP' ? ntpMs(value) : originMs + value * unitMs[unit];
    }
    const clock = parseClock(text);
    if (clock !== undefined) return this.onDay(clock);
    try {
      return readTimeStamp(tidyTime(text), format)?.value;
    } catch (error) {
      throw new FtteError('reading-invalid', expectation(format), {}, { cause: messageOf(error) });
    }
  }

  private get isDate(): boolean {
    const { format } = this.settings;
    return format === 'day-first' || format === 'month-first';
  }

  private onDay(clock: number): number {
    const { lastClock = clock } = this;
    const { falls } = this.settings;
    if (!falls && clock < lastClock - dayMs / 2) this.days++;
    if (falls && clock > lastClock + dayMs / 2) this.days--;
    this.lastClock = clock;
    return this.days * dayMs + clock;
  }
}

function foreignExpectation(clock: string): string {
  return `which looks like ${clock}; expected seconds, milliseconds, or an ISO 8601 time such as 2026-12-31T23:59:59: write it as such, or choose a unit if it is one; - reads no times`;
}

function expectation(format: TimeFormat): string {
  if (format === 'day-first') return 'expected a date such as 31.12.2026 23:59:59 (day first is chosen)';
  if (format === 'month-first')
    return 'expected a date such as 12/31/2026 11:59:59 PM (month first is chosen)';
  return 'expected a number or an ISO 8601 time such as 2026-12-31T23:59:59; for dates such as 31.12.2026 choose day first, for 12/31/2026 month first; - reads no times';
}
