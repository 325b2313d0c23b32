import { duration } from '../time';
import { LossJudge } from './loss-judge';
import { RecentRows } from './recent-rows';
import { Repetitions } from './repetitions';
import { type WaitingRow, WaitingRows } from './waiting-rows';

/** Receives the rows of a stream: each is the next one of a run, fills a place, ends the run, or is refused. */
export interface TimeLineSink {
  /** The next row of the run. */
  row(values: Float64Array, label: number, ms: number | undefined, stamped: boolean): void;
  /** A row that belongs before the newest one. */
  exchange(values: Float64Array, label: number): void;
  /** `count` rows after `ms` are lost, one per `periodMs`, and may be filled. */
  fill(count: number, ms: number, periodMs: number): void;
  /** A late row for a place that was filled. @returns false if there is no such place within half a period */
  place(values: Float64Array, label: number, ms: number, periodMs: number): boolean;
  /** The run has ended; the next row begins another one. */
  restart(reason: 'gap' | 'out-of-order', text: string, lostRows: number): void;
  refuse(reason: 'duplicate' | 'late', rows: number): void;
}

/** Options of a time line: how it judges the times of a stream. */
export interface TimeLineOptions {
  readonly periodMs: number;
  readonly channels: number;
  /** Most lost rows in a row that are filled. */
  readonly maxFill: number;
}

/** Most rows that are kept until their times can be read, or until it is known whether the clock was set back. */
const mostKept = 1024;
/** Late rows with times, one after the other, after which a clock is known to have been set back. */
const lateForSetBack = 3;

/**
 * Puts the rows of a stream in their places on a line of equal periods. Lost rows are filled or end the run, repeated
 * rows are ignored, and late rows replace the ones that were filled for them. A clock that is set ends at most one run.
 */
export class TimeLine {
  private readonly judge: LossJudge;
  private readonly recent: RecentRows;
  private readonly repetitions: Repetitions;
  /** Rows from before the newest row, for which there is no place. */
  private readonly late = new WaitingRows(mostKept);
  /** Rows whose times cannot be read yet. */
  private readonly deferred = new WaitingRows(mostKept);

  constructor(
    private readonly options: TimeLineOptions,
    private readonly sink: TimeLineSink,
  ) {
    this.recent = new RecentRows(options.channels);
    this.repetitions = new Repetitions(options.channels);
    this.judge = new LossJudge(options.periodMs, {
      row: (row) => this.send(row),
      exchange: ({ values, label, ms }) => {
        this.recent.add(ms, values);
        sink.exchange(values, label);
      },
      lost: (rows, fromMs, toMs) => this.lose(rows, fromMs, toMs),
    });
  }

  /** The measured time between rows, in milliseconds. */
  get periodMs(): number {
    return this.judge.periodMs;
  }

  /** Number of rows without a decision. */
  get held(): number {
    return this.judge.held.count + this.late.count + this.deferred.count + this.repetitions.count;
  }

  /**
   * Takes the next row as it came.
   * @param ms its time, or its derived time if `stamped` is false; undefined if neither is known
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

  /** Times have been reinterpreted: all of them, also the kept ones, become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    for (const rows of [this.late, this.deferred]) rows.adjust(scale, offset);
    this.repetitions.adjust(scale, offset);
    this.recent.clear();
    this.judge.adjust(scale, offset);
  }

  /** Decides about the waiting rows without the rows that may follow. */
  flush(): void {
    this.resume();
    if (this.judge.hasBegun) this.judgeRepetitions(Number.NaN);
    this.dropLate();
    this.judge.flush();
  }

  /** Forgets the stream. Decide about the waiting rows before. */
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

  /** Takes a row from before the newest one. */
  private takeEarlier(row: WaitingRow): void {
    const { judge } = this;
    const { values, label, ms, stamped } = row;
    // A reading without a value cannot fill a place.
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

  /**
   * True for a row that has changed places with the newest one. The clock shows that the newest one was a row too far.
   */
  private isNeighbour({ ms, stamped }: WaitingRow): boolean {
    const { judge } = this;
    if (!stamped || judge.held.count > 0 || this.late.count > 0) return false;
    const near = Math.max(2 * judge.periodMs, 1.5 * judge.tickMs);
    return ms >= judge.endMs - near && judge.periodsAhead(judge.endMs) <= 0.5;
  }

  /** The late rows are refused if the next row is due. If it comes too soon, the clock was set back a little. */
  private judgeLate(nextMs: number): void {
    const { judge } = this;
    const { first, count } = this.late;
    if (!first) return;
    const back = judge.endMs - first.ms;
    const isSmall = count <= this.options.maxFill + 1 && this.isSmallStep(back);
    if (isSmall && judge.held.count === 0 && judge.periodsLate(nextMs) < -0.25) this.setBack(back);
    else this.dropLate();
  }

  /** The clock was set back: the late rows continue the stream. */
  private setBack(backMs: number): void {
    const { judge } = this;
    // After a small step of the clock nothing is lost, because the rows follow one another.
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
