import { duration } from '../time';
import { LossJudge } from './loss-judge';
import { RecentRows } from './recent-rows';
import { Repetitions } from './repetitions';
import { type WaitingRow, WaitingRows } from './waiting-rows';

/** What becomes of a stream's rows: each is the next one of a run, fills a place, ends the run, or is refused. */
export interface TimeLineSink {
  /** The next row of the run. */
  row(values: Float64Array, label: number, ms: number | undefined, stamped: boolean): void;
  /** A row that belongs before the newest one. */
  exchange(values: Float64Array, label: number): void;
  /** `count` rows are lost after `ms`, one each `periodMs`, and may be held. */
  fill(count: number, ms: number, periodMs: number): void;
  /** A row for a place that was filled. @returns false if there is none within half a period */
  place(values: Float64Array, label: number, ms: number, periodMs: number): boolean;
  /** The run is over; the next row begins another. */
  restart(reason: 'gap' | 'out-of-order', text: string, lostRows: number): void;
  refuse(reason: 'duplicate' | 'late', rows: number): void;
}

/** How a stream's times are judged. */
export interface TimeLineOptions {
  readonly periodMs: number;
  readonly channels: number;
  /** As many lost rows in a row are filled. */
  readonly maxFill: number;
  /** Periods by which a row may come later than rows usually do, before a loss is suspected. */
  readonly tolerance: number;
}

/** Rows that are kept at most until their times can be read, or until it is known whether the clock was set back. */
const mostKept = 1024;
/** Late rows with times, one after the other, by which a clock is known to have been set back. */
const lateForSetBack = 3;

/**
 * Puts the rows of a stream in their places on a line of equal periods: losses are filled or end the run, repeated rows
 * are passed over, late ones put into the place that was filled for them. A clock that is set costs one run at most.
 */
export class TimeLine {
  private readonly judge: LossJudge;
  private readonly recent: RecentRows;
  private readonly repetitions: Repetitions;
  /** Rows whose times are before that of the newest row, and for which there is no place. */
  private readonly late = new WaitingRows(mostKept);
  /** Rows whose times cannot be read yet. */
  private readonly deferred = new WaitingRows(mostKept);

  constructor(
    private readonly options: TimeLineOptions,
    private readonly sink: TimeLineSink,
  ) {
    this.recent = new RecentRows(options.channels);
    this.repetitions = new Repetitions(options.channels);
    this.judge = new LossJudge(options.periodMs, options.tolerance, {
      row: (row) => this.send(row),
      exchange: ({ values, label, ms }) => {
        this.recent.add(ms, values);
        sink.exchange(values, label);
      },
      lost: (rows, fromMs, toMs) => this.lose(rows, fromMs, toMs),
    });
  }

  /** Milliseconds from row to row as measured. */
  get periodMs(): number {
    return this.judge.periodMs;
  }

  /** Rows about which nothing is decided. */
  get held(): number {
    return this.judge.held.count + this.late.count + this.deferred.count + this.repetitions.count;
  }

  /**
   * Takes the next row as it came.
   * @param ms its time, or what its time must be if `stamped` is false; undefined if nothing is known of it
   */
  push(values: Float64Array, label: number, ms: number | undefined, stamped = ms !== undefined): void {
    if (this.deferred.count > 0) this.resume();
    const { judge } = this;
    if (ms === undefined) this.takeUntimed(values, label);
    else if (judge.hasBegun) this.takeTimed({ values, label, ms, stamped });
    else if (stamped) {
      judge.begin({ values, label, ms, stamped });
      this.repetitions.follow({ values, label, ms, stamped });
    } else this.sink.row(values, label, ms, false);
  }

  /** Keeps a row until its time can be read. */
  defer(values: Float64Array, label: number, ms: number): void {
    if (this.deferred.full) this.resume();
    this.deferred.add(values, label, ms, true);
  }

  /** Times have been read anew: all of them, the kept ones too, become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    for (const rows of [this.late, this.deferred]) rows.adjust(scale, offset);
    this.repetitions.adjust(scale, offset);
    this.recent.clear();
    this.judge.adjust(scale, offset);
  }

  /** Decides about what waits, without what may come after it. */
  flush(): void {
    this.resume();
    if (this.judge.hasBegun) this.judgeRepetitions(Number.NaN);
    this.dropLate();
    this.judge.flush();
  }

  /** Forgets the stream. What waits should be decided about before. */
  reset(): void {
    this.late.take();
    this.deferred.take();
    this.repetitions.reset();
    this.recent.clear();
    this.judge.reset();
  }

  private resume(): void {
    for (const { values, label, ms, stamped } of this.deferred.take()) this.push(values, label, ms, stamped);
  }

  private takeUntimed(values: Float64Array, label: number): void {
    const { judge } = this;
    if (!judge.hasBegun) {
      this.sink.row(values, label, undefined, false);
      return;
    }
    const row = { values, label, ms: judge.lastMs + judge.periodMs, stamped: false };
    if (this.late.count > 0) this.late.add(values, label, row.ms, false);
    else judge.take(row);
  }

  private takeTimed(row: WaitingRow): void {
    const { judge } = this;
    if (row.ms < judge.lastMs) {
      this.takeEarlier(row);
      return;
    }
    if (!row.stamped) {
      if (this.late.count === 0) judge.take(row);
      else if (!row.values.every(Number.isNaN)) this.late.add(row.values, row.label, row.ms, false);
      return;
    }
    if (this.repetitions.keep(row, () => judge.periodsAhead(row.ms))) return;
    this.judgeRepetitions(row.ms);
    judge.isDoubtful = this.repetitions.areDoubtful;
    this.judgeLate(row.ms);
    judge.take(row);
    this.repetitions.follow(row);
  }

  /** A row from before the newest one. */
  private takeEarlier(row: WaitingRow): void {
    const { judge } = this;
    const { values, label, ms, stamped } = row;
    // A reading without a value has no place to fill.
    if (values.every(Number.isNaN)) return;
    if (judge.held.count > 0 && ms >= judge.endMs) {
      if (stamped && judge.held.has(ms, values)) this.sink.refuse('duplicate', 1);
      else judge.insert(row);
      return;
    }
    if (stamped && this.recent.has(ms, values)) {
      this.sink.refuse('duplicate', 1);
      return;
    }
    if (this.sink.place(values, label, ms, judge.periodMs)) {
      this.recent.add(ms, values);
      return;
    }
    if (this.isNeighbour(row)) {
      judge.exchange(row);
      return;
    }
    if (this.late.last && ms < this.late.last.ms) this.dropLate();
    this.late.add(values, label, ms, stamped);
    if (this.late.stamped < lateForSetBack && !this.late.full) return;
    judge.release();
    this.setBack(judge.endMs - this.late.first!.ms);
  }

  /** True for a row that changed places with the newest one, which the clock shows to be one row too far. */
  private isNeighbour({ ms, stamped }: WaitingRow): boolean {
    const { judge } = this;
    if (!stamped || judge.held.count > 0 || this.late.count > 0) return false;
    const near = Math.max(2 * judge.periodMs, 1.5 * judge.tickMs);
    return ms >= judge.endMs - near && judge.periodsAhead(judge.endMs) <= 0.5;
  }

  /** Late rows came for nothing if the next one is due; if it comes too soon, the clock was set back a little. */
  private judgeLate(nextMs: number): void {
    const { judge } = this;
    const { first, count } = this.late;
    if (!first) return;
    const back = judge.endMs - first.ms;
    const isSmall = count <= this.options.maxFill + 1 && this.isSmallStep(back);
    if (isSmall && judge.held.count === 0 && judge.periodsLate(nextMs) < -0.25) this.setBack(back);
    else this.dropLate();
  }

  /** The clock was set back: the late rows are the stream, as it goes on. */
  private setBack(backMs: number): void {
    const { judge } = this;
    // A small step of the clock loses nothing: the rows follow one another.
    if (!this.isSmallStep(backMs))
      this.sink.restart('out-of-order', `times went back by ${duration(backMs)}`, 0);
    judge.setBack(backMs + judge.periodMs);
    this.recent.clear();
    for (const row of this.late.take()) {
      judge.take(row);
      this.repetitions.follow(row);
    }
  }

  private isSmallStep(backMs: number): boolean {
    return backMs <= this.options.maxFill * this.judge.periodMs;
  }

  private dropLate(): void {
    const { count } = this.late;
    this.late.take();
    if (count > 0) this.sink.refuse('late', count);
  }

  private judgeRepetitions(nextMs: number): void {
    if (this.repetitions.count === 0) return;
    const { row, real, repeated } = this.repetitions.judge(this.judge.periodsBehind(nextMs));
    for (let i = 0; i < real; i++) {
      if (this.judge.held.count > 0) this.judge.take(row);
      else this.judge.force(row);
    }
    if (repeated > 0) this.sink.refuse('duplicate', repeated);
  }

  private send({ values, label, ms, stamped }: WaitingRow): void {
    if (stamped) this.recent.add(ms, values);
    this.sink.row(values, label, ms, stamped);
  }

  private lose(rows: number, fromMs: number, toMs: number): void {
    if (rows <= this.options.maxFill) {
      this.sink.fill(rows, fromMs, this.judge.periodMs);
      return;
    }
    const due = duration(this.options.periodMs);
    this.sink.restart('gap', `${duration(toMs - fromMs)} without a reading, one is due every ${due}`, rows);
  }
}
