import { ClockTick } from './clock-tick';
import { DelayRecord } from './delay-record';
import { PeriodEstimate } from './period-estimate';
import { UnnoticedLosses } from './unnoticed-losses';

/** Bursts before a loss from which the variation of their times is estimated. */
const burstsForNoise = 4;
/** A lag below this share of the variation of times is not a loss. */
export const noiseShare = 0.75;
/** A clock whose tick is longer than this number of periods covers several rows. */
const coarse = 1.5;
/** Periods by which a row may come later than usual before a loss is suspected. */
const tolerance = 0.5;
/** Tolerance, in periods, for each row without a time of its own: the clock of a sensor is no better. */
const driftPerRow = 0.05;
/** More rows that come together are not a burst, but a stream that is faster than the task. */
const longBurst = 64;

/** The usual arrival of the rows of a stream: the time between them, their delays and bursts, the tick of the clock. */
export class ArrivalStatistics {
  /** True if some of the rows may be repetitions, so that their number is no good measure of the period. */
  isDoubtful = false;

  private readonly period: PeriodEstimate;
  private readonly delays = new DelayRecord();
  private readonly tick = new ClockTick();
  private readonly losses = new UnnoticedLosses();
  private rowsTogether = 0;
  private longestBurst = 0;
  /** True once rows have come together. */
  private hasBursts = false;
  /** The period with which the delays were measured. */
  private delayPeriodMs: number;

  constructor(nominalMs: number) {
    this.period = new PeriodEstimate(nominalMs);
    this.delayPeriodMs = nominalMs;
  }

  /** The measured time between rows, in milliseconds. */
  get periodMs(): number {
    return this.period.ms;
  }

  /** The resolution of the stream's clock, in milliseconds. */
  get tickMs(): number {
    return this.tick.ms;
  }

  /** The delay that rows usually have at most, ms. */
  get highestDelay(): number {
    return this.delays.highest;
  }

  /** The delay of a fresh row, ms. */
  get freshDelay(): number {
    return this.delays.fresh;
  }

  /** The smallest usual delay, ms. */
  get lowestDelay(): number {
    return this.delays.lowest;
  }

  /** Periods by which fresh rows come sooner or later than others, as far as this is known. */
  get noise(): number {
    const { delays, period, tick } = this;
    const spread = delays.spread / period.ms;
    if (!this.hasBursts) return spread;
    // A clock that ticks once for several rows does not show where between two ticks they belong.
    const unseen = tick.ms > coarse * period.ms ? tick.ms / period.ms / noiseShare : 0;
    return Math.max(spread, unseen, delays.bursts < burstsForNoise ? 1 : 0);
  }

  /** Periods by which a row may come late after rows without times of their own. */
  toleranceAfter(untimed: number): number {
    return tolerance + driftPerRow * Math.min(untimed, 1000);
  }

  /** Begins to measure with the first row of a stream. */
  begin(ms: number): void {
    this.see(ms);
    this.delays.begin(0);
    this.losses.begin();
    this.period.begin();
  }

  /** Takes the time of a row, accepted or not. */
  see(ms: number): void {
    this.tick.see(ms);
  }

  /** True for a row that comes much sooner than a period after the one before: they were delivered together. */
  isTogether(periodsLate: number, untimed: number): boolean {
    return periodsLate < -this.toleranceAfter(untimed);
  }

  /** A row came together with the one before. */
  sawBurst(): void {
    this.hasBursts = true;
  }

  /** Takes the delay of an accepted row. */
  addDelay(delayMs: number, together: boolean): void {
    if (!together) this.losses.add(this.delays.end);
    this.delays.add(delayMs, together);
  }

  /** Rows that were lost before the newest one and that no row has shown. The delays are then those without the loss. */
  takeUnnoticedLoss(): number {
    const { ms } = this.period;
    const lost = this.losses.take(ms);
    if (lost > 0) this.delays.advance(lost * ms);
    return lost;
  }

  /**
   * Takes the time of an accepted row.
   * @param moves true if its time is later than that of the one before
   * @param row its number, lost rows included
   * @returns true if the period has changed so much that the delays are forgotten
   */
  addTime(ms: number, together: boolean, moves: boolean, row: number): boolean {
    if (together) {
      this.rowsTogether++;
      this.hasBursts = true;
    } else {
      this.longestBurst = Math.max(this.longestBurst, this.rowsTogether);
      this.rowsTogether = 0;
    }
    const endless = this.rowsTogether > Math.max(longBurst, 2 * this.longestBurst);
    if (together && !(endless && moves)) return false;
    this.period.measure(ms, row, this.isDoubtful);
    // Delays that were measured with another period are no measure of those to come.
    if (Math.abs(this.period.ms / this.delayPeriodMs - 1) <= 0.05) return false;
    this.forgetDelays();
    return true;
  }

  /** Begins to measure the period again. The earlier estimate stays until there is a better one. */
  restartPeriod(): void {
    this.period.begin();
  }

  /** Times have been reinterpreted: they become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    this.period.adjust(scale, offset);
    this.tick.reset();
    this.forgetDelays();
  }

  private forgetDelays(): void {
    this.delayPeriodMs = this.period.ms;
    this.rowsTogether = 0;
    this.delays.begin(0);
    this.losses.begin();
  }
}
