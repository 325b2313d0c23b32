import {
  ArrivalRate,
  BackwardTimes,
  BatchTime,
  type BatchTimes,
  RateMeter,
  ShiftedClock,
  SparseRate,
  StandingClock,
  TimedArrivals,
  type TimeFormat,
  type TimeStamp,
  TimeUnit,
} from '../time';
import type { StreamNotice } from './windower-types';

/** The time of a row. */
export interface RowTime {
  readonly ms: number | undefined;
  /** True if the time came with the row; false if it is derived from that of its batch. */
  readonly stamped: boolean;
  /** True if the unit is not certain, so that the time may be reinterpreted. */
  readonly unsure: boolean;
}

/** Times that are nearer to those of arrival than this are of their day. */
const dayMs = 86_400_000;

const none: RowTime = { ms: undefined, stamped: false, unsure: false };

export interface StreamClockOptions {
  readonly rateHz: number;
  readonly time: TimeFormat;
  readonly batchTime: BatchTimes;
  /** The time between rows in milliseconds, as the time line measures it. */
  readonly periodMs: () => number;
  readonly notice: (notice: StreamNotice) => void;
  /** Called when earlier times become `ms * scale + offset`. */
  readonly adjust: (scale: number, offset: number) => void;
}

/**
 * Converts the times of one stream to milliseconds: finds their unit, and the reading of a batch to which they belong.
 */
export class StreamClock {
  private readonly unit: TimeUnit;
  private readonly batches: BatchTime;
  private readonly rate: RateMeter;
  private readonly arrivals: ArrivalRate;
  private readonly standing: StandingClock;
  private readonly shifted: ShiftedClock;
  private readonly sparse: SparseRate;
  private readonly backward: BackwardTimes;
  private readonly timed = new TimedArrivals();
  private isRateSaid = false;
  private batchMs: number | undefined;
  private batchRow = 0;
  /** Rows since the last time that was examined. */
  private rows = 0;
  private placedRows = 0;
  private unsure = false;
  /** The times are read in another unit than they seem to have. */
  private isMisread = false;

  constructor(private readonly options: StreamClockOptions) {
    const { rateHz, time, batchTime, notice } = options;
    this.unit = new TimeUnit(time, 1000 / rateHz, (text, used) => {
      this.isMisread = !used;
      notice({ code: 'time-unit', text, used });
    });
    this.batches = new BatchTime(batchTime, () =>
      notice({
        code: 'batch-time',
        text: 'times of batches look like those of their last readings: they are read so',
      }),
    );
    const onOtherRate = (hz: number) => this.sayRate(hz);
    this.rate = new RateMeter(rateHz, onOtherRate);
    this.arrivals = new ArrivalRate(rateHz, onOtherRate);
    this.sparse = new SparseRate(rateHz);
    this.shifted = new ShiftedClock((text) => notice({ code: 'time-unit', text, used: true }));
    this.backward = new BackwardTimes((text) => notice({ code: 'late', text, used: false }));
    this.standing = new StandingClock((text) => notice({ code: 'clock-stands', text, used: true }));
  }

  /**
   * Begins a batch whose time is that of its first or last reading.
   * @param print distinguishes batches of the same time
   * @param receivedMs time of arrival; undefined if it is not known
   * @returns false if this batch has just come
   */
  beginBatch(stamp: TimeStamp, count: number, print: string, receivedMs?: number): boolean {
    const raw = stamp.plain ? this.unit.toMs(stamp.value) : stamp.value;
    if (this.batches.isRepetition(raw, print)) return false;
    const rows = Math.max(1, this.rows);
    const ms = this.toMs(stamp, rows, receivedMs);
    this.rows = 0;
    this.compare(stamp, ms, rows, receivedMs);
    const first = this.batches.firstOf(ms, count, this.options.periodMs());
    if (first.shift !== 0) this.options.adjust(1, first.shift);
    this.batchMs = first.ms;
    this.batchRow = 0;
    return true;
  }

  endBatch(): void {
    this.batchMs = undefined;
  }

  /**
   * The time of the next row.
   * @param counts false for a row that does not show the distance of readings: another channel of the same moment
   * @param receivedMs time of arrival; undefined if it is not known
   */
  timeOf(stamp: TimeStamp | undefined, counts: boolean, receivedMs?: number): RowTime {
    if (counts) this.rows++;
    const row = this.batchRow++;
    if (stamp) {
      const rows = this.rows;
      if (counts) this.rows = 0;
      const ms = this.toMs(stamp, counts ? rows : 0, receivedMs);
      if (counts) this.compare(stamp, ms, rows, receivedMs);
      if (counts && this.batchMs === undefined) this.standing.observe(ms, 1000 / this.options.rateHz);
      return { ms, stamped: true, unsure: this.unsure };
    }
    if (this.batchMs === undefined) return none;
    const ms = this.batchMs + row * this.options.periodMs();
    return { ms, stamped: row === 0, unsure: this.unsure };
  }

  /** A row without a time arrived. */
  arrived(receivedMs: number): void {
    this.arrivals.add(receivedMs);
  }

  /** A row has its place in the stream. */
  placed(ms: number, stamped: boolean): void {
    this.placedRows++;
    if (!stamped) return;
    this.rate.add(ms, this.placedRows);
    this.placedRows = 0;
  }

  /** Compares a time with that of arrival, and with the one before. @param rows readings since that one */
  private compare({ plain }: TimeStamp, ms: number, rows: number, receivedMs: number | undefined): void {
    if (receivedMs !== undefined) {
      this.timed.add(receivedMs, rows);
      if (!this.isMisread) this.shifted.compare(ms, receivedMs);
    }
    this.backward.observe(ms);
    if (plain && !this.unit.isDecided) return;
    const few = this.sparse.add(ms, rows);
    if (few !== undefined) this.sayRate(few);
  }

  private sayRate(hz: number): void {
    // It follows from times that are misread.
    if (this.isMisread || this.isRateSaid) return;
    this.isRateSaid = true;
    const { rateHz } = this.options;
    const task = rounded(rateHz);
    const arriving = this.timed.hz;
    if (arriving !== undefined && isNear(arriving, rateHz, 1.5) && !isNear(hz, rateHz, 2)) {
      this.isMisread = true;
      const text = `times advance as if ${rounded(hz)} readings came a second, and ${rounded(arriving)} arrive, as the task asks for: they count readings, or are of a unit that is not read; make milliseconds or ISO 8601 of them`;
      this.options.notice({ code: 'time-unit', text, used: false });
      return;
    }
    this.options.notice({
      code: 'rate',
      text: `readings come at ${rounded(hz)} a second, the task asks for ${task}: set the sensor or the task, or choose one row each period`,
      hz,
    });
  }

  private toMs({ value, plain }: TimeStamp, rows: number, receivedMs: number | undefined): number {
    if (!plain) return value;
    const isOfArrival = (ms: number) => receivedMs !== undefined && Math.abs(ms - receivedMs) < dayMs;
    if (rows > 0 && isOfArrival(this.unit.toMs(value))) this.unit.confirm();
    if (rows > 0) {
      const state = this.unit.observe(value, rows);
      if (state === 'changed') this.options.adjust(this.unit.change, 0);
      this.unsure = state === 'unsure';
    }
    return this.unit.toMs(value);
  }
}

const isNear = (one: number, other: number, factor: number) => one < other * factor && other < one * factor;

function rounded(hz: number): string {
  return String(Number(hz.toPrecision(3)));
}
