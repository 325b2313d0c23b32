import { ClockTick } from './clock-tick';
import { DelayRecord, mean } from './delay-record';
import { PeriodEstimate } from './period-estimate';
import { type WaitingRow, WaitingRows } from './waiting-rows';

/** Rows that wait for a decision at most. */
const mostWaiting = 1024;
/** Bursts behind a loss that are looked at if their times vary; if they do not, one is enough. */
const burstsForLoss = 3;
/** Bursts before a loss that say how much their times vary. */
const burstsForNoise = 4;
/** A lag below this share of what times vary by is no loss. */
const noiseShare = 0.75;
/** Periods above which a clock's tick covers several rows. */
const coarse = 1.5;
/** Each row without a time of its own adds as much to the tolerance, in periods: a sensor's clock is no better. */
const driftPerRow = 0.05;
/** Rows that come together without an end are no burst, but a stream faster than the task's. */
const longBurst = 64;

/** Lost rows over which the period is measured. */
const longestMeasured = 16;

/** The newest row that came with a time, and what came after it. */
interface Tail {
  stampMs: number;
  /** Rows since then, without times of their own. */
  since: number;
  /** How late it came, against the first row of the stream. */
  delay: number;
}

/** What becomes of rows whose order is known. */
export interface LossSink {
  /** The next row, right behind the one before. */
  row(row: WaitingRow): void;
  /** A row that belongs before the newest one. */
  exchange(row: WaitingRow): void;
  /** As many rows are lost between two times. */
  lost(rows: number, fromMs: number, toMs: number): void;
}

/**
 * Finds losses in a stream of rows in the order of their times. A loss is where rows lag behind the clock for good: a row
 * that comes late is held until those after it say whether they catch up (a radio or a coarse clock delivers in bursts)
 * or stay behind, by as many periods as rows are lost.
 */
export class LossJudge {
  private readonly period: PeriodEstimate;
  private readonly record = new DelayRecord();
  private readonly tick = new ClockTick();
  private readonly waiting = new WaitingRows(mostWaiting);
  private accepted: Tail | undefined;
  /** Time of the newest accepted row. */
  private acceptedMs = Number.NaN;
  /** The newest waiting row with a time, while there are any. */
  private waitingTail: Tail | undefined;
  /** How late the bursts behind a suspected loss ended. */
  private waitingEnds: number[] = [];
  /** Rows so far, lost ones counted. */
  private rows = 0;
  private rowsTogether = 0;
  private longestBurst = 0;
  /** True once rows have come together. */
  private hasBursts = false;
  /** The period that delays were measured with. */
  private recordPeriod: number;

  /** True if some of the rows may be repetitions: how many there are says little of their period. */
  isDoubtful = false;

  /** @param tolerance periods by which a row may come later than rows usually do, before a loss is suspected */
  constructor(
    nominalMs: number,
    private readonly tolerance: number,
    private readonly sink: LossSink,
  ) {
    this.period = new PeriodEstimate(nominalMs);
    this.recordPeriod = nominalMs;
  }

  /** Milliseconds from row to row as measured. */
  get periodMs(): number {
    return this.period.ms;
  }

  /** Rows that wait for a decision. */
  get held(): WaitingRows {
    return this.waiting;
  }

  /** True once a row with a time has come. */
  get hasBegun(): boolean {
    return this.accepted !== undefined;
  }

  /** How far apart the hands of the stream's clock can be seen. */
  get tickMs(): number {
    return this.tick.ms;
  }

  /** Time of the newest accepted row. */
  get endMs(): number {
    return this.acceptedMs;
  }

  /** Time of the newest row, accepted or waiting. */
  get lastMs(): number {
    return this.waiting.last?.ms ?? this.acceptedMs;
  }

  /** Periods by which a row of that time would come earlier (below 0) or later than one that is due now. */
  periodsLate(ms: number): number {
    const tail = this.tail;
    return (ms - tail.stampMs) / this.period.ms - tail.since - 1;
  }

  /** Periods by which a row of that time would be later than rows usually are. */
  periodsBehind(ms: number): number {
    return this.periodsLate(ms) + (this.tail.delay - this.record.highest) / this.period.ms;
  }

  /** Periods by which a row of that time would be ahead of where rows usually are at the earliest. */
  periodsAhead(ms: number): number {
    return (this.record.lowest - this.tail.delay) / this.period.ms - this.periodsLate(ms);
  }

  /** Takes the first row with a time. */
  begin(row: WaitingRow): void {
    this.accepted = { stampMs: row.ms, since: 0, delay: 0 };
    this.tick.see(row.ms);
    this.record.begin(0);
    this.period.begin();
    this.accept(row);
  }

  /** Takes the next row in the order of times. */
  take(row: WaitingRow): void {
    if (row.stamped) this.takeStamped(row);
    else {
      this.tail.since++;
      if (this.waitingTail) this.wait(row);
      else this.accept(row);
    }
  }

  /** Takes a row that follows the one before, whatever its time says. */
  force(row: WaitingRow): void {
    const tail = this.accepted!;
    if (row.stamped) this.acceptStamped(row, this.periodsLate(row.ms));
    else {
      tail.since++;
      this.accept(row);
    }
  }

  /** Takes a row that changed places with the newest one. */
  exchange(row: WaitingRow): void {
    const stamp = this.accepted!.stampMs;
    this.acceptStamped({ ...row, ms: stamp }, this.periodsLate(stamp), row);
  }

  /** Puts a row between those that wait, which are then looked at again. */
  insert(row: WaitingRow): void {
    this.waiting.add(row.values, row.label, row.ms, row.stamped);
    this.takeAgain();
  }

  /** Decides about what waits, without what may come after it. */
  flush(): void {
    if (this.waiting.count > 0) this.decide();
  }

  /** Takes what waits for rows behind which nothing is lost. */
  release(): void {
    if (this.waiting.count > 0) this.settle(0);
  }

  /** The clock was set back: what comes from now on is that much earlier. */
  setBack(ms: number): void {
    this.accepted!.stampMs -= ms;
    this.acceptedMs -= ms;
    this.period.begin();
  }

  /** Times have been read anew: they become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    this.waiting.adjust(scale, offset);
    this.period.adjust(scale, offset);
    this.tick.reset();
    this.acceptedMs = this.acceptedMs * scale + offset;
    if (this.accepted) this.accepted.stampMs = this.accepted.stampMs * scale + offset;
    this.forgetDelays();
    this.takeAgain();
  }

  /** Forgets the stream, and what waits. */
  reset(): void {
    this.takeWaiting();
    this.accepted = undefined;
    this.acceptedMs = Number.NaN;
  }

  private get tail(): Tail {
    return this.waitingTail ?? this.accepted!;
  }

  private takeStamped(row: WaitingRow): void {
    const { tail } = this;
    this.tick.see(row.ms);
    const late = this.periodsLate(row.ms);
    const delay = tail.delay + late * this.period.ms;
    const tolerance = this.toleranceAfter(tail.since) * this.period.ms;
    if (!this.waitingTail && delay <= this.record.highest + tolerance) {
      this.acceptStamped(row, late);
      return;
    }
    const together = this.isTogether(late);
    if (together) this.hasBursts = true;
    // A row of another burst ends the one before.
    if (this.waitingTail && !together) this.waitingEnds.push(this.waitingTail.delay);
    this.waitingTail = { stampMs: row.ms, since: 0, delay };
    this.wait(row);
    if (this.waiting.count < 2) return;
    if (delay <= this.record.fresh + tolerance) this.settle(0);
    else if (this.isDecided) this.decide();
  }

  private toleranceAfter(untimed: number): number {
    return this.tolerance + driftPerRow * Math.min(untimed, 1000);
  }

  /** True for a row that comes much sooner than a period after the one before: they were delivered together. */
  private isTogether(periodsLate: number): boolean {
    return periodsLate < -this.toleranceAfter(this.tail.since);
  }

  private wait(row: WaitingRow): void {
    if (this.waiting.full) {
      this.decide();
      this.take(row);
    } else this.waiting.add(row.values, row.label, row.ms, row.stamped);
  }

  /** True if the bursts behind a suspected loss say how much is lost. */
  private get isDecided(): boolean {
    const bursts = this.waitingEnds.length;
    if (bursts === 0) return false;
    const { lag, noise } = this;
    const isClear = noise <= 0.25 && Math.abs(lag - Math.round(lag)) <= 0.25;
    return bursts >= burstsForLoss || isClear || lag > 4 + 3 * noise;
  }

  /** Periods by which fresh rows come sooner or later than others, as far as that is known. */
  private get noise(): number {
    const { record, period, tick } = this;
    const spread = record.spread / period.ms;
    if (!this.hasBursts) return spread;
    // A clock that ticks once for several rows does not show where between two ticks they belong.
    const unseen = tick.ms > coarse * period.ms ? tick.ms / period.ms / noiseShare : 0;
    return Math.max(spread, unseen, record.bursts < burstsForNoise ? 1 : 0);
  }

  /** Periods by which the waiting rows lag behind those before. */
  private get lag(): number {
    const ends = this.waitingEnds.length > 0 ? this.waitingEnds : [this.tail.delay];
    return (mean(ends) - this.record.fresh) / this.period.ms;
  }

  private decide(): void {
    const { lag, noise } = this;
    this.settle(lag < noiseShare * noise ? 0 : Math.max(0, Math.round(lag)));
  }

  /** Goes on with the waiting rows, behind as many lost ones. */
  private settle(lost: number): void {
    const rows = this.takeWaiting();
    const first = rows[0];
    if (lost > 0 && first) this.lose(lost, first.ms);
    // Behind a loss only the first is known to be in its place; the others may follow another loss.
    rows.forEach((row, i) => {
      if (i === 0 || lost === 0) this.force(row);
      else this.take(row);
    });
  }

  private lose(lost: number, nextMs: number): void {
    const from = this.acceptedMs;
    this.accepted!.delay -= lost * this.period.ms;
    this.rows += lost;
    // A long gap says more of clocks and cables than of the period.
    if (lost > longestMeasured) this.period.begin();
    this.sink.lost(lost, from, nextMs);
  }

  private acceptStamped(row: WaitingRow, periodsLate: number, exchanged?: WaitingRow): void {
    const tail = this.accepted!;
    const together = this.isTogether(periodsLate);
    const delay = tail.delay + periodsLate * this.period.ms;
    const moves = row.ms > tail.stampMs;
    this.accepted = { stampMs: row.ms, since: 0, delay };
    this.record.add(delay, together);
    this.accept(row, exchanged);
    if (together) {
      this.rowsTogether++;
      this.hasBursts = true;
    } else {
      this.longestBurst = Math.max(this.longestBurst, this.rowsTogether);
      this.rowsTogether = 0;
    }
    const endless = this.rowsTogether > Math.max(longBurst, 2 * this.longestBurst);
    if (!together || (endless && moves)) this.measure(row.ms);
  }

  private measure(ms: number): void {
    this.period.measure(ms, this.rows, this.isDoubtful);
    // Delays that were measured with another period say nothing of those to come.
    if (Math.abs(this.period.ms / this.recordPeriod - 1) > 0.05) this.forgetDelays();
  }

  private accept(row: WaitingRow, exchanged?: WaitingRow): void {
    this.rows++;
    this.acceptedMs = row.ms;
    if (exchanged) this.sink.exchange(exchanged);
    else this.sink.row(row);
  }

  private takeAgain(): void {
    for (const row of this.takeWaiting()) this.take(row);
  }

  private takeWaiting(): WaitingRow[] {
    this.waitingTail = undefined;
    this.waitingEnds = [];
    return this.waiting.take();
  }

  private forgetDelays(): void {
    this.recordPeriod = this.period.ms;
    this.rowsTogether = 0;
    if (this.accepted) this.accepted.delay = 0;
    this.record.begin(0);
  }
}
