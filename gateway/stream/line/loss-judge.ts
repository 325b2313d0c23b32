import { ArrivalStatistics, noiseShare } from './arrival-statistics';
import { mean } from './delay-record';
import { type WaitingRow, WaitingRows } from './waiting-rows';

/** Most rows that wait for a decision. */
const mostWaiting = 1024;
/** Bursts after a loss that are examined if their times vary; otherwise one is enough. */
const burstsForLoss = 3;

/** Periods by which the lags of bursts after one loss differ at most. */
const sameLag = 0.8;
/** Most lost rows over which the period is measured. */
const longestMeasured = 16;

/** The newest row that came with a time, and the rows after it. */
interface Tail {
  stampMs: number;
  /** Number of rows since then, which have no times of their own. */
  since: number;
  /** Its delay, relative to the first row of the stream. */
  delay: number;
}

/** Receives rows whose order is decided. */
export interface LossSink {
  /** The next row, directly after the one before. */
  row(row: WaitingRow): void;
  /** A row that belongs before the newest one. */
  exchange(row: WaitingRow): void;
  /** The given number of rows is lost between two times. */
  lost(rows: number, fromMs: number, toMs: number): void;
}

/**
 * Finds losses in a stream of rows in the order of their times. At a loss, rows lag behind the clock for good. A row
 * that comes late is therefore held until the rows after it show whether they catch up (a radio or a coarse clock
 * delivers in bursts) or stay behind by as many periods as rows are lost.
 */
export class LossJudge {
  private readonly arrivals: ArrivalStatistics;
  private readonly waiting = new WaitingRows(mostWaiting);
  private accepted: Tail | undefined;
  /** Time of the newest accepted row. */
  private acceptedMs = Number.NaN;
  /** The newest waiting row with a time, if there is one. */
  private waitingTail: Tail | undefined;
  /** Delays at the ends of the bursts after a suspected loss. */
  private waitingEnds: number[] = [];
  /** Number of rows so far, including lost ones. */
  private rows = 0;
  constructor(
    nominalMs: number,
    private readonly sink: LossSink,
  ) {
    this.arrivals = new ArrivalStatistics(nominalMs);
  }

  /** The measured time between rows, in milliseconds. */
  get periodMs(): number {
    return this.arrivals.periodMs;
  }

  /** True if some of the rows may be repetitions, so that their number is no good measure of the period. */
  set isDoubtful(isDoubtful: boolean) {
    this.arrivals.isDoubtful = isDoubtful;
  }

  /** Rows that wait for a decision. */
  get held(): WaitingRows {
    return this.waiting;
  }

  /** True once a row with a time has come. */
  get hasBegun(): boolean {
    return this.accepted !== undefined;
  }

  /** The resolution of the stream's clock, in milliseconds. */
  get tickMs(): number {
    return this.arrivals.tickMs;
  }

  /** Time of the newest accepted row. */
  get endMs(): number {
    return this.acceptedMs;
  }

  /** Time of the newest row, accepted or waiting. */
  get lastMs(): number {
    return this.waiting.last?.ms ?? this.acceptedMs;
  }

  /** Periods by which a row of this time would come earlier (below 0) or later than one that is due now. */
  periodsLate(ms: number): number {
    const tail = this.tail;
    return (ms - tail.stampMs) / this.periodMs - tail.since - 1;
  }

  /** Periods by which a row of this time would be later than rows usually are. */
  periodsBehind(ms: number): number {
    return this.periodsLate(ms) + (this.tail.delay - this.arrivals.highestDelay) / this.periodMs;
  }

  /** Periods by which a row of this time would be ahead of the earliest usual time. */
  periodsAhead(ms: number): number {
    return (this.arrivals.lowestDelay - this.tail.delay) / this.periodMs - this.periodsLate(ms);
  }

  /** Takes the first row with a time. */
  begin(row: WaitingRow): void {
    this.accepted = { stampMs: row.ms, since: 0, delay: 0 };
    this.arrivals.begin(row.ms);
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

  /** Takes a row that follows the one before, whatever its time is. */
  force(row: WaitingRow): void {
    const tail = this.accepted!;
    if (row.stamped) this.acceptStamped(row, this.periodsLate(row.ms));
    else {
      tail.since++;
      this.accept(row);
    }
  }

  /** Takes a row that has changed places with the newest one. */
  exchange(row: WaitingRow): void {
    const stamp = this.accepted!.stampMs;
    this.acceptStamped({ ...row, ms: stamp }, this.periodsLate(stamp), row);
  }

  /** Inserts a row between the waiting ones, which are then examined again. */
  insert(row: WaitingRow): void {
    this.waiting.add(row.values, row.label, row.ms, row.stamped);
    this.takeAgain();
  }

  /** Decides about the waiting rows without the rows that may follow. */
  flush(): void {
    if (this.waiting.count > 0) this.decide();
  }

  /** Accepts the waiting rows, after which no row is lost. */
  release(): void {
    if (this.waiting.count > 0) this.settle(0);
  }

  /** Handles a clock that was set back: later rows are earlier by this time. */
  setBack(ms: number): void {
    this.accepted!.stampMs -= ms;
    this.acceptedMs -= ms;
    this.arrivals.restartPeriod();
  }

  /** Times have been reinterpreted: they become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    this.waiting.adjust(scale, offset);
    this.arrivals.adjust(scale, offset);
    this.acceptedMs = this.acceptedMs * scale + offset;
    if (this.accepted) {
      this.accepted.stampMs = this.accepted.stampMs * scale + offset;
      this.accepted.delay = 0;
    }
    this.takeAgain();
  }

  /** Forgets the stream and the waiting rows. */
  reset(): void {
    this.takeWaiting();
    this.accepted = undefined;
    this.acceptedMs = Number.NaN;
  }

  private get tail(): Tail {
    return this.waitingTail ?? this.accepted!;
  }

  private takeStamped(row: WaitingRow): void {
    const { tail, arrivals } = this;
    arrivals.see(row.ms);
    const late = this.periodsLate(row.ms);
    const delay = tail.delay + late * this.periodMs;
    const tolerance = arrivals.toleranceAfter(tail.since) * this.periodMs;
    if (!this.waitingTail && delay <= arrivals.highestDelay + tolerance) {
      this.acceptStamped(row, late);
      return;
    }
    const together = arrivals.isTogether(late, tail.since);
    if (together) arrivals.sawBurst();
    // A row of another burst ends the burst before.
    if (this.waitingTail && !together) this.waitingEnds.push(this.waitingTail.delay);
    this.waitingTail = { stampMs: row.ms, since: 0, delay };
    this.wait(row);
    if (this.waiting.count < 2) return;
    if (delay <= arrivals.freshDelay + tolerance) this.settle(0);
    else if (this.isDecided) this.decide();
  }

  private wait(row: WaitingRow): void {
    if (this.waiting.full) {
      this.decide();
      this.take(row);
    } else this.waiting.add(row.values, row.label, row.ms, row.stamped);
  }

  /** True if the bursts after a suspected loss show how many rows are lost. */
  private get isDecided(): boolean {
    const bursts = this.waitingEnds.length;
    if (bursts === 0) return false;
    const { lag } = this;
    const { noise } = this.arrivals;
    const isClear = noise <= 0.25 && Math.abs(lag - Math.round(lag)) <= 0.25;
    return bursts >= burstsForLoss || isClear || lag > 4 + 3 * noise;
  }

  /** Periods by which the waiting rows lag behind those before. */
  private get lag(): number {
    const ends = this.waitingEnds.length > 0 ? this.waitingEnds : [this.tail.delay];
    // Bursts that lag much more follow another loss, which is found when the first one is settled.
    const most = Math.min(...ends) + sameLag * this.periodMs;
    return (mean(ends.filter((delay) => delay <= most)) - this.arrivals.freshDelay) / this.periodMs;
  }

  private decide(): void {
    const { lag } = this;
    this.settle(lag < noiseShare * this.arrivals.noise ? 0 : Math.max(0, Math.round(lag)));
  }

  /** Continues with the waiting rows, after the given number of lost ones. */
  private settle(lost: number): void {
    const rows = this.takeWaiting();
    const first = rows[0];
    if (lost > 0 && first) this.lose(lost, first.ms);
    // After a loss only the first row is known to be in its place; the others may follow another loss.
    rows.forEach((row, i) => {
      if (i === 0 || lost === 0) this.force(row);
      else this.take(row);
    });
  }

  private lose(lost: number, nextMs: number): void {
    const from = this.acceptedMs;
    this.accepted!.delay -= lost * this.periodMs;
    this.rows += lost;
    // A long gap depends on clocks and cables more than on the period.
    if (lost > longestMeasured) this.arrivals.restartPeriod();
    this.sink.lost(lost, from, nextMs);
  }

  private acceptStamped(row: WaitingRow, periodsLate: number, exchanged?: WaitingRow): void {
    const { arrivals } = this;
    const tail = this.accepted!;
    const together = arrivals.isTogether(periodsLate, this.tail.since);
    const delay = tail.delay + periodsLate * this.periodMs;
    const moves = row.ms > tail.stampMs;
    const accepted = { stampMs: row.ms, since: 0, delay };
    this.accepted = accepted;
    arrivals.addDelay(delay, together);
    const lost = exchanged ? 0 : arrivals.takeUnnoticedLoss();
    if (lost > 0) this.lose(lost, row.ms);
    this.accept(row, exchanged);
    if (arrivals.addTime(row.ms, together, moves, this.rows)) accepted.delay = 0;
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
}
