import { FtteError } from '../../platform';
import type { Task } from '../../task';
import { TimeLine, type TimeLineSink } from '../line';
import { ChangeRows, HeldValues, PartialRows } from '../rows';
import { type BatchTimes, duration, type TimeFormat, type TimeStamp } from '../time';
import { normalise } from './normalise';
import { type RowTime, StreamClock } from './stream-clock';
import type { Tally } from './tally';
import { WindowRing } from './window-ring';
import type { LabelledWindow, RefusalReason, RestartReason, StreamNotice } from './windower-types';

/** Rows without a channel until that is said. */
const rowsUntilMissing = 8;
/** Rows of single values by topic until that is said: a slow channel may come yet. */
const topicRowsUntilMissing = 100;
/** Rows that held values make at a time. */
const rowsAtATime = 4096;

/** What the cutters of one wire share: its settings, its counts, and whom they tell. */
export interface Wire {
  readonly input: Task['input'];
  readonly labels: readonly string[];
  readonly following: number;
  readonly tolerance: number;
  readonly maxFill: number;
  readonly labelShare: number;
  readonly time: TimeFormat;
  readonly batchTime: BatchTimes;
  readonly holdMs: number | undefined;
  readonly tally: Tally;
  readonly restart: (reason: RestartReason, text: string, lost: number) => void;
  readonly notice: (notice: StreamNotice) => void;
  /** True if values of the channel came and were too far from its centre. */
  readonly isFar: (channel: number) => boolean;
}

/** A reading on its way into a window; its arrays are free again after the call. */
export interface IncomingRow {
  readonly values: Float64Array;
  /** 1 for each channel that the reading does not have. */
  readonly absent: Uint8Array;
  readonly absentCount: number;
  readonly label: number;
  /** Names that its message had, for a channel that never comes. */
  readonly fields: string;
  /** True if the topic names its channel. */
  readonly byTopic: boolean;
}

/**
 * Cuts the stream of one device or person: puts rows together, places them in time, fills what is missing, and keeps a
 * window whenever one is complete.
 */
export class StreamCutter implements TimeLineSink {
  readonly clock: StreamClock;
  private readonly line: TimeLine;
  private readonly partial: PartialRows;
  private readonly changes: ChangeRows | undefined;
  private readonly held: HeldValues;
  private readonly ring: WindowRing;
  private readonly tally: Tally;
  private readonly unmet: Uint32Array;
  private finished: LabelledWindow[] = [];
  private endMs: number | undefined;
  private unsure = false;
  private timed = false;
  /** The channel whose times say how far readings are apart. */
  private reference = -1;
  /** Rows without a value, one after the other, and why the last one has none. */
  private blanks = 0;
  private blankReason: string | undefined;
  private fields = '';
  private byTopic = false;
  /** How far times of messages are behind those of their arrival. */
  private skewMs = 0;

  constructor(
    private readonly wire: Wire,
    private readonly subject: string | undefined,
  ) {
    const { input, maxFill, following, tolerance, holdMs } = wire;
    const channels = input.channels.length;
    const periodMs = 1000 / input.rateHz;
    this.tally = wire.tally;
    this.ring = new WindowRing(channels, input.length, input.hop, following);
    this.held = new HeldValues(channels, maxFill, input.length);
    this.line = new TimeLine({ periodMs, channels, maxFill, tolerance }, this);
    this.partial = new PartialRows(
      channels,
      () => this.line.periodMs,
      (values, label, ms) => {
        // A reading without any value is none.
        if (values.every(Number.isNaN)) this.tally.received--;
        this.toLine(values, label, ms);
      },
    );
    if (holdMs !== undefined)
      this.changes = new ChangeRows(channels, periodMs, holdMs, this.takeHeld, this.endHeld);
    this.clock = new StreamClock({
      rateHz: input.rateHz,
      time: wire.time,
      batchTime: wire.batchTime,
      periodMs: () => this.line.periodMs,
      notice: (notice) => {
        // Rows of held values have the task's rate, whatever the sensor's is.
        if (notice.code !== 'rate' || !this.changes) wire.notice(notice);
      },
      adjust: (scale, offset) => this.adjust(scale, offset),
    });
    this.unmet = new Uint32Array(channels);
  }

  /** Rows the unfinished window holds, 0 to `length`. */
  get pending(): number {
    return this.ring.pending;
  }

  /** Rows that are in no window yet, and readings about which nothing is decided. */
  get waiting(): number {
    return this.ring.waiting + this.line.held + this.partial.waiting;
  }

  /** True if its readings have times. */
  get isTimed(): boolean {
    return this.timed;
  }

  /** The windows finished since the last call. */
  windows(): readonly LabelledWindow[] {
    if (this.finished.length === 0) return none;
    const { finished } = this;
    this.finished = [];
    return finished;
  }

  /** When a reading was taken. @param receivedMs when it came, for a stream of held values */
  timeOf(row: IncomingRow, stamp: TimeStamp | undefined, receivedMs: number | undefined): RowTime {
    this.fields = row.fields;
    this.byTopic = row.byTopic;
    const channel = row.absentCount === 0 ? 0 : row.absent.indexOf(0);
    if (this.reference < 0 || row.absentCount === 0) this.reference = channel;
    const time = this.clock.timeOf(stamp, channel === this.reference);
    if (time.ms !== undefined) this.timed = true;
    if (!this.changes) return time;
    if (time.ms === undefined && receivedMs === undefined)
      throw new FtteError(
        'reading-invalid',
        'reading has no time, expected one: rows are made one each period',
      );
    if (time.ms !== undefined && receivedMs !== undefined) this.skewMs = receivedMs - time.ms;
    return time.ms === undefined ? { ms: receivedMs, stamped: true, unsure: false } : time;
  }

  /** Makes rows of held values that are due before a time. @returns true if there are more */
  makeRows(ms: number | undefined): boolean {
    return ms !== undefined && this.changes?.advance(ms, rowsAtATime) === true;
  }

  /** As `makeRows`, for a moment of the clock by which messages arrive. */
  makeRowsUntil(receivedMs: number): boolean {
    return this.makeRows(receivedMs - this.skewMs);
  }

  /** Takes a reading, after the rows that were due before it. */
  take(row: IncomingRow, time: RowTime): void {
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

  /**
   * A reading that should be here and is not: an element of a batch that is missing, or one that was refused.
   * @param reason what was wrong with it; undefined if it is only missing
   */
  takeBlank(blank: Float64Array, reason: string | undefined, time: RowTime): void {
    if (this.changes) return;
    this.blankReason = reason;
    this.partial.flush();
    this.line.push(blank, -1, time.ms, time.stamped);
    this.blankReason = undefined;
  }

  /** Decides about what waits, as nothing more will come. */
  flush(): void {
    this.partial.flush();
    this.line.flush();
  }

  /** Begins another run: what comes is not the continuation of what came. */
  begin(reason: RestartReason, text: string): void {
    this.flush();
    if (this.pending > 0) this.restartRun(reason, text);
    this.held.forget();
    this.line.reset();
  }

  // What the time line says.

  row(values: Float64Array, label: number, ms: number | undefined, stamped: boolean): void {
    if (ms !== undefined) this.clock.placed(ms, stamped);
    const blank = values.every(Number.isNaN);
    this.blanks = blank ? this.blanks + 1 : 0;
    if (!blank) this.watch(values);
    const filled = this.held.fill(values);
    const hopeless = blank && this.blanks > this.wire.maxFill;
    if (filled < 0 || hopeless || (blank && this.pending === 0)) {
      if (this.pending > 0) this.restartMissing(hopeless ? -1 : -1 - filled);
      if (!blank) this.tally.refused.missing++;
      return;
    }
    this.tally.filled += filled;
    if (blank) this.tally.filledRows++;
    else this.tally.readings++;
    this.append(values, blank ? this.ring.newestLabel : label, ms, Number.NaN);
  }

  exchange(values: Float64Array, label: number): void {
    const complete = values.every((value) => !Number.isNaN(value));
    if (this.pending === 0 || !complete) {
      this.row(values, label, undefined, false);
      return;
    }
    this.tally.readings++;
    if (this.ring.isBetween) this.tally.between++;
    if (this.ring.exchange(values, label)) this.cut();
  }

  fill(count: number, ms: number, periodMs: number): void {
    this.held.pass(count);
    if (this.pending === 0) return;
    const label = this.ring.newestLabel;
    for (let i = 1; i <= count; i++) {
      this.tally.filledRows++;
      this.tally.filled += this.held.values.length;
      const at = ms + i * periodMs;
      this.append(this.held.values, label, at, at);
    }
  }

  place(values: Float64Array, label: number, ms: number, periodMs: number): boolean {
    if (!this.ring.replace(values, label, ms, periodMs)) return false;
    this.tally.readings++;
    this.tally.filledRows--;
    this.tally.filled -= values.length;
    return true;
  }

  restart(reason: 'gap' | 'out-of-order', text: string, lostRows: number): void {
    this.held.pass(lostRows);
    if (this.pending > 0) this.restartRun(reason, text);
  }

  refuse(reason: Extract<RefusalReason, 'duplicate' | 'late'>, rows: number): void {
    this.tally.refused[reason] += rows;
    if (reason === 'late')
      this.wire.notice({
        code: 'late',
        text: 'readings come after later ones, and too late for a place: they are left out',
      });
  }

  private readonly toLine = (
    values: Float64Array,
    label: number,
    ms: number | undefined,
    stamped = ms !== undefined,
  ): void => {
    if (this.unsure && ms !== undefined) this.line.defer(values, label, ms);
    else this.line.push(values, label, ms, stamped);
  };

  private readonly takeHeld = (values: Float64Array, label: number, ms: number | undefined): void => {
    this.tally.filledRows++;
    this.append(values, label, ms, Number.NaN);
  };

  private readonly endHeld = (reason: 'gap' | 'out-of-order', ms: number): void => {
    if (this.pending === 0) return;
    const silent = `nothing came for ${duration(ms)}, values are held for ${duration(this.wire.holdMs ?? 0)}`;
    this.restartRun(reason, reason === 'gap' ? silent : `times went back by ${duration(ms)}`);
  };

  private append(values: Float64Array, label: number, ms: number | undefined, filledMs: number): void {
    this.endMs = ms;
    if (this.ring.isBetween) this.tally.between++;
    if (this.ring.append(values, label, filledMs)) this.cut();
  }

  private cut(): void {
    const { input, labels, labelShare } = this.wire;
    this.tally.inWindows += this.ring.waiting;
    const window = this.ring.window();
    const scaling = normalise(window, input);
    const sample = this.ring.sample();
    if (sample) normalise(sample, input);
    this.tally.windows++;
    const label = this.ring.sharedLabel(labelShare);
    this.finished.push({
      window,
      scaling,
      ...(sample && { sample }),
      ...(label >= 0 && { label, labelName: labels[label]! }),
      ...(this.endMs !== undefined && { endMs: this.endMs }),
      ...(this.subject !== undefined && { subject: this.subject }),
    });
  }

  /** Says once that a channel has not come, after as many rows as it takes to be sure. */
  private watch(values: Float64Array): void {
    for (let c = 0; c < values.length; c++) {
      if (!Number.isNaN(values[c]) || this.held.hasCome(c) || this.wire.isFar(c)) continue;
      const rows = ++this.unmet[c]!;
      if (rows !== (this.byTopic ? topicRowsUntilMissing : rowsUntilMissing)) continue;
      const { name } = this.wire.input.channels[c]!;
      const isNamed = !this.byTopic && this.fields.split(', ').includes(name);
      const has = this.byTopic ? `the last topic is ${this.fields}` : `the reading has ${this.fields}`;
      const text = isNamed ? `${name} has had no value in ${rows} readings` : `${name} has not come; ${has}`;
      this.wire.notice({ code: 'channel-missing', text, channel: name });
    }
  }

  private restartMissing(channel: number): void {
    const name = this.wire.input.channels[channel]?.name;
    const far = name !== undefined && this.wire.isFar(channel);
    if (this.blankReason !== undefined) this.restartRun('invalid', this.blankReason);
    else if (name === undefined) this.restartRun('missing', 'readings without values came');
    else if (far) this.restartRun('missing', `channel ${name} is hundreds of spreads from its centre`);
    else this.restartRun('missing', `channel ${name} is missing`);
  }

  private restartRun(reason: RestartReason, text: string): void {
    const lost = this.ring.waiting;
    this.tally.restarts[reason]++;
    this.tally.lost += lost;
    this.ring.clear();
    this.wire.restart(reason, text, lost);
  }

  private adjust(scale: number, offset: number): void {
    if (this.endMs !== undefined) this.endMs = this.endMs * scale + offset;
    this.partial.adjust(scale, offset);
    this.changes?.adjust(scale);
    this.line.adjust(scale, offset);
  }
}

const none: readonly LabelledWindow[] = [];
