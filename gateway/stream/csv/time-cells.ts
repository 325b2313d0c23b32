import { FtteError, messageOf } from '../../platform';
import { readTimeStamp, type TimeFormat, type TimeUnitName } from '../time';
import { isMissingWord, type MissingValues } from '../values';
import { numberForm } from './number-cell';
import { parseClock, tidyTime } from './written-time';

/** Milliseconds of a unit in which numbers count time. */
export const unitMs: Readonly<Record<TimeUnitName, number>> = { s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };

const dayMs = 86_400_000;
/** A date and time without marks, such as 20260301100000, which as a number would be another time. */
const unmarked = /^(19|20)\d{12}$/;
/** How the times of a file are written. */
export interface TimeCellFormat {
  readonly format: TimeFormat;
  /** Of numbers. */
  readonly unit: TimeUnitName;
  /** Milliseconds that numbers count from. */
  readonly originMs: number;
  readonly missing: MissingValues;
}

/** Reads the times of a file's rows, one after the other. */
export class TimeCells {
  private lastClock = 0;
  private days = 0;

  constructor(private readonly settings: TimeCellFormat) {}

  /**
   * Milliseconds of a row's time; undefined for an empty cell or a word that means a missing value. A time of day that
   * goes back by more than half a day is of the next day.
   * @param text of the cell, or a date and a time of day with a blank between
   * @throws FtteError `reading-invalid`, saying what was expected
   */
  read(text: string): number | undefined {
    const { format, unit, originMs, missing } = this.settings;
    if (text === '' || isMissingWord(text, missing)) return undefined;
    if (numberForm(text) !== 'none' && !unmarked.test(text) && !this.isDate)
      return originMs + Number(text.replace(',', '.')) * unitMs[unit];
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
    if (clock < this.lastClock - dayMs / 2) this.days++;
    this.lastClock = clock;
    return this.days * dayMs + clock;
  }
}

function expectation(format: TimeFormat): string {
  if (format === 'day-first') return 'expected a date such as 31.12.2026 23:59:59 (day first is chosen)';
  if (format === 'month-first')
    return 'expected a date such as 12/31/2026 11:59:59 PM (month first is chosen)';
  return 'expected a number or an ISO 8601 time such as 2026-12-31T23:59:59; for dates such as 31.12.2026 choose day first, for 12/31/2026 month first';
}
