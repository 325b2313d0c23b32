import { FtteError } from '../../platform';
import { TimeLine } from '../line';
import { ChangeRows, PartialRows } from '../rows';
import { duration, type TimeStamp } from '../time';
import { StuckChannels, TwoLevels } from '../values';
import { DoubleDeliveries } from './double-deliveries';
import type { ReadingNames } from './missing-channels';
import { type RowTime, StreamClock } from './stream-clock';
import type { StreamContext } from './stream-context';
import type { Tally } from './tally';
import { WindowBuilder } from './window-builder';
import type { LabelledWindow, RestartReason } from './windower-types';

/** Rows that held values make at a time. */
const rowsAtATime = 256;

/** A reading on its way into a window. Its arrays can be reused after the call. */
export interface IncomingRow extends ReadingNames {
  readonly values: Float64Array;
  /** 1 for each channel that the reading does not have. */
  readonly absent: Uint8Array;
  readonly absentCount: number;
  readonly label: number;
  /** True for the only reading of its message. */
  readonly isAlone: boolean;
}

/**
 * Cuts the stream of one device or person: finds the times of its readings, assembles rows, and passes the rows over
 * the time line to windows.
 */
export class StreamCutter {
  readonly clock: StreamClock;
  private readonly builder: WindowBuilder;
  private readonly line: TimeLine;
  private readonly partial: PartialRows;
  private readonly changes: ChangeRows | undefined;
  private readonly levels: TwoLevels;
  private readonly stuck: StuckChannels;
  /** Messages without a time that came twice. */
  readonly doubles: DoubleDeliveries;
  private readonly tally: Tally;
  private unsure = false;
  private timed = false;
  /** The channel whose times show the distance of readings. */
  private reference = -1;
  /** The time by which message times are behind those of their arrival, ms. */
  private skewMs = 0;
  /** The reading is the one before, delivered again. */
  private isDouble = false;
  private readonly isCategory: readonly boolean[];

  constructor(context: StreamContext, subject: string | undefined) {
    const { arriving: input, optional, maxFill, holdMs, time, batchTime } = context;
    const channels = input.channels.length;
    const periodMs = 1000 / input.rateHz;
    this.tally = context.tally;
    this.isCategory = input.channels.map(({ categories }) => categories !== undefined);
    const names = input.channels.map(({ name }) => name);
    this.levels = new TwoLevels(names, (channel, text) =>
      context.notice({ code: 'scale', text, channel, used: true }),
    );
    this.stuck = new StuckChannels(names, input.rateHz, (channel, text) =>
      context.notice({ code: 'channel-stuck', text, channel, used: true }),
    );
    this.doubles = new DoubleDeliveries(channels, periodMs);
    this.builder = new WindowBuilder(context, subject, (ms, stamped) => this.clock.placed(ms, stamped));
    this.line = new TimeLine({ periodMs, channels, maxFill }, this.builder);
    this.partial = new PartialRows(
      channels,
      () => this.line.periodMs,
      (values, label, ms) => {
        // A reading without any value is not counted.
        if (values.every(Number.isNaN)) this.tally.received--;
        this.toLine(values, label, ms);
      },
    );
    if (holdMs !== undefined) this.changes = this.heldRows(channels, periodMs, holdMs, optional);
    this.clock = new StreamClock({
      rateHz: input.rateHz,
      time,
      batchTime,
      periodMs: () => this.line.periodMs,
      notice: (notice) => {
        // Rows of held values have the task's rate, whatever that of the sensor is.
        if (notice.code !== 'rate' || !this.changes) context.notice(notice);
      },
      adjust: (scale, offset) => this.adjust(scale, offset),
    });
  }

  /** Rows that are in no window yet, and readings without a decision. */
  get waiting(): number {
    return this.builder.waiting + this.line.held + this.partial.waiting;
  }

  /** True if its readings have times. */
  get isTimed(): boolean {
    return this.timed;
  }

  /** The windows finished since the last call. */
  windows(): readonly LabelledWindow[] {
    return this.builder.windows();
  }

  /** The time of a reading. @param receivedMs time of arrival, for a stream without times */
  timeOf(row: IncomingRow, stamp: TimeStamp | undefined, receivedMs: number | undefined): RowTime {
    this.builder.readNames(row);
    const channel = row.absentCount === 0 ? 0 : row.absent.indexOf(0);
    if (this.reference < 0 || row.absentCount === 0) this.reference = channel;
    const time = this.clock.timeOf(stamp, channel === this.reference, receivedMs);
    const isUntimed = time.ms === undefined && receivedMs !== undefined;
    this.isDouble =
      isUntimed && row.isAlone && row.absentCount === 0 && this.doubles.isDouble(row.values, receivedMs);
    if (time.ms !== undefined) this.timed = true;
    else if (isUntimed && channel === this.reference && !this.isDouble) this.clock.arrived(receivedMs);
    if (!this.changes) return time;
    if (time.ms === undefined && receivedMs === undefined)
      throw new FtteError(
        'reading-invalid',
        'reading has no time, expected one because one row is made per period',
      );
    if (time.ms !== undefined && receivedMs !== undefined) this.skewMs = receivedMs - time.ms;
    return time.ms === undefined ? { ms: receivedMs, stamped: true, unsure: false } : time;
  }

  /** Makes the rows of held values that are due before a time. @returns true if there are more */
  makeRows(ms: number | undefined): boolean {
    return ms !== undefined && this.changes?.advance(ms, rowsAtATime) === true;
  }

  /** Like `makeRows`, for a time of the clock of arrivals. */
  makeRowsUntil(receivedMs: number): boolean {
    return this.makeRows(receivedMs - this.skewMs);
  }

  /** Takes a reading, after the rows that were due before it. */
  take(row: IncomingRow, time: RowTime): void {
    if (this.isDouble) {
      this.tally.received++;
      this.tally.refused.duplicate++;
      return;
    }
    const measured = this.measured(row.values);
    this.levels.check(measured);
    this.stuck.check(measured);
    if (this.changes) {
      this.tally.received++;
      this.tally.held++;
      this.tally.readings++;
      this.changes.push(row.values, row.label, time.ms!);
      return;
    }
    this.unsure = time.unsure;
    if (row.absentCount === 0 && this.partial.waiting === 0) {
      if (!row.values.every(Number.isNaN)) this.tally.received++;
      this.toLine(row.values, row.label, time.ms, time.stamped);
      return;
    }
    const arrival = this.partial.push(row.values, row.absent, row.label, time.ms);
    if (arrival !== 'joined') this.tally.received++;
    if (arrival === 'repeated') this.tally.refused.duplicate++;
  }

  /** Values of channels of numbers; NaN for categories, whose places in their lists measure nothing. */
  private measured(values: Float64Array): Float64Array {
    return this.isCategory.includes(true)
      ? values.map((value, c) => (this.isCategory[c] ? Number.NaN : value))
      : values;
  }

  /**
   * Takes the place of a missing reading: an element of a batch that is missing, or one that was refused.
   * @param reason what was wrong with it; undefined if it is only missing
   */
  takeBlank(blank: Float64Array, reason: string | undefined, time: RowTime): void {
    if (this.changes) return;
    this.builder.blankReason = reason;
    this.partial.flush();
    this.line.push(blank, -1, time.ms, time.stamped);
    this.builder.blankReason = undefined;
  }

  /** Decides about the waiting rows, because no more will come. */
  flush(): void {
    this.partial.flush();
    this.line.flush();
  }

  /** Begins another run, because the next reading does not continue the last one. */
  begin(reason: RestartReason, text: string): void {
    this.flush();
    this.builder.restart(reason, text);
    this.builder.forget();
    this.line.reset();
  }

  /** Rows from the values of a sensor that reports on change. */
  private heldRows(
    channels: number,
    periodMs: number,
    holdMs: number,
    optional: readonly boolean[],
  ): ChangeRows {
    return new ChangeRows(
      channels,
      periodMs,
      holdMs,
      (values, label, ms) => this.builder.madeRow(values, label, ms),
      (reason, ms) => {
        const silent = `nothing came for ${duration(ms)}, values are held for ${duration(holdMs)}`;
        this.builder.restart(reason, reason === 'gap' ? silent : `times went back by ${duration(ms)}`);
      },
      optional,
    );
  }

  private toLine(
    values: Float64Array,
    label: number,
    ms: number | undefined,
    stamped = ms !== undefined,
  ): void {
    if (this.unsure && ms !== undefined) this.line.defer(values, label, ms);
    else this.line.push(values, label, ms, stamped);
  }

  private adjust(scale: number, offset: number): void {
    this.builder.adjust(scale, offset);
    this.partial.adjust(scale, offset);
    this.changes?.adjust(scale);
    this.line.adjust(scale, offset);
  }
}
