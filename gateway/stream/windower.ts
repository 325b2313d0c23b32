import { FtteError } from '../platform';
import type { Task } from '../task';
import { normalise } from './normalise';
import {
  channelOfTopic,
  describe,
  type ReadingContext,
  readLabel,
  readRow,
  readTime,
  readValue,
} from './read-row';
import type { Reading } from './reading';
import { TopicRow } from './topic-row';
import type {
  LabelledWindow,
  Restart,
  RestartReason,
  WindowerCounts,
  WindowerOptions,
} from './windower-types';

const none: readonly LabelledWindow[] = [];

/**
 * Cuts a stream of readings into windows `[length, channels]`, every `hop` readings. Pure: what comes out depends
 * on what went in only. Nothing is allocated a reading; a finished window is a new array.
 */
export class Windower {
  private readonly input: Task['input'];
  private readonly names: readonly string[];
  private readonly labels: readonly string[];
  private readonly periodMs: number;
  private readonly gapTolerance: number;
  private readonly maxFill: number;
  private readonly labelShare: number;
  private readonly following: number;
  private readonly onRestart: (restart: Restart) => void;

  /** The newest `capacity` rows, row r of the run at `r % capacity`: a window's and those that follow it. */
  private readonly capacity: number;
  private readonly ring: Float32Array;
  private readonly ringLabels: Int32Array;
  /** Rows since the last restart. */
  private rows = 0;
  private readonly last: Float64Array;
  /** Missing values in a row, by channel. */
  private readonly missing: Int32Array;
  private lastMs: number | undefined;
  private subject: string | undefined;

  private readonly row: Float64Array;
  /** The row that single numbers by topic are filling. */
  private readonly topicRow: TopicRow;

  private readonly tally = { readings: 0, windows: 0, filled: 0 };
  private readonly restarts: Record<RestartReason, number> = {
    gap: 0,
    'out-of-order': 0,
    missing: 0,
    invalid: 0,
    subject: 0,
  };

  /** @throws FtteError `config-invalid` */
  constructor(options: WindowerOptions) {
    const channels = options.input.channels.length;
    this.input = options.input;
    this.names = options.input.channels.map((channel) => channel.name);
    this.labels = options.labels;
    this.periodMs = 1000 / options.input.rateHz;
    this.gapTolerance = atLeast('gapTolerance', options.gapTolerance ?? 1.5, 1);
    this.maxFill = atLeast('maxFill', options.maxFill ?? 2, 0);
    this.following = options.following ?? 0;
    this.capacity = options.input.length + this.following;
    this.labelShare = atLeast('labelShare', options.labelShare ?? 1, 0.5);
    this.onRestart = options.onRestart ?? (() => undefined);
    this.ring = new Float32Array(this.capacity * channels);
    this.ringLabels = new Int32Array(options.input.length);
    this.last = new Float64Array(channels);
    this.missing = new Int32Array(channels);
    this.row = new Float64Array(channels);
    this.topicRow = new TopicRow(channels);
  }

  get counts(): WindowerCounts {
    return { ...this.tally, restarts: { ...this.restarts } };
  }

  /** Rows the unfinished window holds, 0 to `length`. */
  get pending(): number {
    return Math.min(this.rows, this.input.length);
  }

  /**
   * Takes what a message brought: an object by channel name, an array in channel order, a single number named by
   * the topic, or an array of the first two (readings one period apart). An object may carry its own `label` and
   * `time` where no channel has that name.
   * @returns the windows this completed, most often none
   * @throws FtteError `reading-invalid`, `label-unknown`: nothing of the reading is taken
   */
  push(payload: unknown, context: ReadingContext = {}): readonly LabelledWindow[] {
    if (typeof payload === 'number' && this.names.length > 1) return this.pushByTopic(payload, context);
    if (typeof payload === 'number') return this.pushSingle(payload, context);
    if (payload === null || typeof payload !== 'object') {
      throw new FtteError(
        'reading-invalid',
        `reading is ${describe(payload)}; wanted an object with ${this.names.join(', ')}, ` +
          'an array in that order, or a number with the channel as topic',
      );
    }
    if (Array.isArray(payload) && typeof payload[0] === 'object' && payload[0] !== null) {
      return this.pushBatch(payload, context);
    }
    return this.pushRow(payload, context);
  }

  /** Takes a row that is already checked; NaN is a missing value. @throws FtteError `reading-invalid`, `label-unknown` */
  pushReading(reading: Reading): readonly LabelledWindow[] {
    readRow(reading.values, this.names, this.row);
    return this.take(this.row, readLabel(reading.label, this.labels), reading.timeMs, reading.subject);
  }

  /** Forgets the unfinished window; counts stay. */
  reset(): void {
    this.rows = 0;
    this.lastMs = undefined;
    this.missing.fill(0);
    this.topicRow.clear();
  }

  private pushRow(payload: object, context: ReadingContext): readonly LabelledWindow[] {
    let label: number;
    let timeMs: number | undefined;
    try {
      readRow(payload, this.names, this.row);
      timeMs = readTime(context.time ?? this.field(payload, 'time'));
      label = readLabel(context.label ?? this.field(payload, 'label'), this.labels);
    } catch (error) {
      // The stream now has a hole where this reading should be.
      if (this.rows > 0) this.restart('invalid', error instanceof Error ? error.message : String(error));
      throw error;
    }
    return this.take(this.row, label, timeMs, context.subject);
  }

  private pushBatch(payload: readonly unknown[], context: ReadingContext): readonly LabelledWindow[] {
    const firstMs = readTime(context.time);
    const windows: LabelledWindow[] = [];
    payload.forEach((reading, i) => {
      const time =
        this.field(reading, 'time') ?? (firstMs === undefined ? undefined : firstMs + i * this.periodMs);
      if (reading === null || typeof reading !== 'object') {
        throw new FtteError('reading-invalid', `reading ${i} of the array is ${describe(reading)}`);
      }
      const label = this.field(reading, 'label') ?? context.label;
      windows.push(...this.pushRow(reading, { ...context, time, label }));
    });
    return windows;
  }

  private pushSingle(payload: number, context: ReadingContext): readonly LabelledWindow[] {
    this.row[0] = readValue(payload, this.names[0] ?? '');
    const timeMs = readTime(context.time);
    return this.take(this.row, readLabel(context.label, this.labels), timeMs, context.subject);
  }

  private pushByTopic(payload: number, context: ReadingContext): readonly LabelledWindow[] {
    const channel = channelOfTopic(context.topic, this.names);
    const name = this.names[channel];
    if (name === undefined) {
      throw new FtteError(
        'reading-invalid',
        `a number came with topic "${context.topic ?? ''}"; wanted one of ${this.names.join(', ')}`,
      );
    }
    const value = readValue(payload, name);
    const label = readLabel(context.label, this.labels);
    const timeMs = readTime(context.time);
    // A channel that comes again before the others have come: the row before is as complete as it will get.
    const before = this.topicRow.has(channel) ? this.takeTopicRow(context.subject) : none;
    if (!this.topicRow.set(channel, value, label, timeMs)) return before;
    const windows = this.takeTopicRow(context.subject);
    return before.length === 0 ? windows : [...before, ...windows];
  }

  private takeTopicRow(subject: string | undefined): readonly LabelledWindow[] {
    this.topicRow.clear();
    return this.take(this.topicRow.values, this.topicRow.label, this.topicRow.timeMs, subject);
  }

  /** The one way a row gets into the window: gaps first, then missing values, then the row. */
  private take(
    row: Float64Array,
    label: number,
    timeMs: number | undefined,
    subject: string | undefined,
  ): readonly LabelledWindow[] {
    if (subject !== this.subject) {
      if (this.rows > 0)
        this.restart('subject', `stream of ${subject ?? 'nobody'} follows that of ${this.subject}`);
      this.subject = subject;
    }
    let windows = none;
    if (timeMs !== undefined) {
      windows = this.bridge(timeMs);
      this.lastMs = timeMs;
    }
    if (!this.fillMissing(row)) return windows;
    this.tally.readings++;
    return this.append(row, label, windows);
  }

  /** Fills or gives up what time says is missing before a reading at `timeMs`. */
  private bridge(timeMs: number): readonly LabelledWindow[] {
    if (this.lastMs === undefined || this.rows === 0) return none;
    const elapsed = timeMs - this.lastMs;
    // Faster than one reading a millisecond, equal times are the clock's resolution and not a repetition.
    if (elapsed < 0 || (elapsed === 0 && this.periodMs > 1)) {
      this.restart('out-of-order', `a reading of ${-elapsed} ms before the last one came after it`);
      return none;
    }
    if (elapsed <= this.gapTolerance * this.periodMs) return none;
    const lost = Math.max(1, Math.round(elapsed / this.periodMs) - 1);
    if (lost > this.maxFill) {
      this.restart('gap', `${elapsed} ms without a reading, one is due every ${round(this.periodMs)} ms`);
      return none;
    }
    let windows = none;
    const label = this.ringLabels[(this.rows - 1) % this.input.length]!;
    for (let i = 0; i < lost; i++) {
      this.tally.filled += this.names.length;
      windows = this.append(this.last, label, windows);
    }
    return windows;
  }

  /** Holds the last value where one is missing; false where the row cannot be used. */
  private fillMissing(row: Float64Array): boolean {
    for (let c = 0; c < row.length; c++) {
      if (!Number.isNaN(row[c])) {
        this.missing[c] = 0;
        continue;
      }
      const run = ++this.missing[c]!;
      if (this.rows === 0 || run > this.maxFill) {
        // Before a window begins there is nothing to restart: the row is passed over.
        if (this.rows > 0) this.restart('missing', `channel ${this.names[c]} is missing`);
        return false;
      }
      this.tally.filled++;
      row[c] = this.last[c]!;
    }
    return true;
  }

  private append(
    row: Float64Array,
    label: number,
    windows: readonly LabelledWindow[],
  ): readonly LabelledWindow[] {
    this.ring.set(row, (this.rows % this.capacity) * row.length);
    this.ringLabels[this.rows % this.input.length] = label;
    if (row !== this.last) this.last.set(row);
    this.rows++;
    const past = this.rows - this.input.length;
    if (past < 0 || past % this.input.hop !== 0) return windows;
    return [...windows, this.cut()];
  }

  private cut(): LabelledWindow {
    const window = this.newest(this.input.length);
    const scaling = normalise(window, this.input);
    const sample = this.following > 0 && this.rows >= this.capacity ? this.newest(this.capacity) : undefined;
    if (sample) normalise(sample, this.input);
    this.tally.windows++;
    const label = this.sharedLabel();
    return {
      window,
      scaling,
      ...(sample && { sample }),
      ...(label >= 0 && { label, labelName: this.labels[label]! }),
      ...(this.lastMs !== undefined && { endMs: this.lastMs }),
      ...(this.subject !== undefined && { subject: this.subject }),
    };
  }

  /** A copy of the newest rows, oldest first. */
  private newest(rows: number): Float32Array {
    const channels = this.names.length;
    const copy = new Float32Array(rows * channels);
    const from = ((this.rows - rows) % this.capacity) * channels;
    const untilWrap = Math.min(copy.length, this.ring.length - from);
    copy.set(this.ring.subarray(from, from + untilWrap));
    copy.set(this.ring.subarray(0, copy.length - untilWrap), untilWrap);
    return copy;
  }

  /** The label that enough of the window's readings have, or -1. */
  private sharedLabel(): number {
    const needed = this.labelShare * this.input.length;
    // Boyer-Moore majority vote: as the share is above one half, only its winner can be the one.
    let candidate = -1;
    let votes = 0;
    for (const label of this.ringLabels) {
      if (votes === 0) candidate = label;
      votes += label === candidate ? 1 : -1;
    }
    let count = 0;
    for (const label of this.ringLabels) if (label === candidate) count++;
    return count >= needed && count * 2 > this.input.length ? candidate : -1;
  }

  private restart(reason: RestartReason, text: string): void {
    const lost = this.pending;
    this.restarts[reason]++;
    this.rows = 0;
    this.missing.fill(0);
    this.onRestart({ reason, text, lost });
  }

  /** A field that an object reading carries besides its channels. */
  private field(reading: unknown, name: 'label' | 'time'): unknown {
    if (reading === null || typeof reading !== 'object' || this.names.includes(name)) return undefined;
    return Object.hasOwn(reading, name) ? (reading as Record<string, unknown>)[name] : undefined;
  }
}

function atLeast(name: string, value: number, least: number): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new FtteError('config-invalid', `${name} is ${value}, wanted a number of at least ${least}`, {
    name,
  });
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
