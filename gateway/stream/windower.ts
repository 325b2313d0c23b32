import { describeMeasured, FtteError, messageOf } from '../platform';
import type { Task } from '../task';
import { normalise } from './normalise';
import {
  asObject,
  channelOfTopic,
  inArray,
  ownField,
  type ReadingContext,
  readLabel,
  readRow,
  readTime,
  readValue,
} from './readings/read-row';
import type { Reading } from './readings/reading';
import { TopicRow } from './topic-row';
import { WindowRing } from './window-ring';
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
  private readonly onRestart: (restart: Restart) => void;

  private readonly ring: WindowRing;
  /** The last row that was taken, for values that are missing. */
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
    this.labelShare = atLeast('labelShare', options.labelShare ?? 1, 0.5);
    this.onRestart = options.onRestart ?? (() => undefined);
    this.ring = new WindowRing(channels, options.input.length, options.input.hop, options.following ?? 0);
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
    return this.ring.pending;
  }

  /**
   * Takes what a message brought: an object by channel name, an array in channel order, a single number named by
   * the topic, or an array of the first two (readings one period apart). An object may carry its own `label` and
   * `time` where no channel has that name.
   * @returns the windows this completed, most often none
   * @throws FtteError `reading-invalid`, `label-unknown`: nothing of the message is taken
   */
  push(payload: unknown, context: ReadingContext = {}): readonly LabelledWindow[] {
    if (typeof payload === 'number' && this.names.length > 1) return this.pushByTopic(payload, context);
    if (typeof payload === 'number') return this.pushSingle(payload, context);
    if (payload === null || typeof payload !== 'object') {
      throw new FtteError(
        'reading-invalid',
        `reading is ${describeMeasured(payload)}; wanted an object with ${this.names.join(', ')}, ` +
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
    this.ring.clear();
    this.lastMs = undefined;
    this.missing.fill(0);
    this.topicRow.clear();
  }

  private pushRow(payload: object, context: ReadingContext): readonly LabelledWindow[] {
    let label: number;
    let timeMs: number | undefined;
    try {
      readRow(payload, this.names, this.row);
      timeMs = readTime(context.time ?? ownField(payload, 'time', this.names));
      label = readLabel(context.label ?? ownField(payload, 'label', this.names), this.labels);
    } catch (error) {
      this.restartAtHole(error);
      throw error;
    }
    return this.take(this.row, label, timeMs, context.subject);
  }

  /** Looks at every reading before it takes the first, so that no window is lost with a reading that is refused. */
  private pushBatch(payload: readonly unknown[], context: ReadingContext): readonly LabelledWindow[] {
    const width = this.names.length;
    const rows = new Float64Array(payload.length * width);
    const row = (i: number) => rows.subarray(i * width, (i + 1) * width);
    let read: { label: number; timeMs: number | undefined }[];
    try {
      const firstMs = readTime(context.time);
      read = payload.map((reading, i) =>
        inArray(i, () => {
          readRow(asObject(reading), this.names, row(i));
          const ownMs = readTime(ownField(reading, 'time', this.names));
          const label = readLabel(ownField(reading, 'label', this.names) ?? context.label, this.labels);
          return {
            label,
            timeMs: ownMs ?? (firstMs === undefined ? undefined : firstMs + i * this.periodMs),
          };
        }),
      );
    } catch (error) {
      this.restartAtHole(error);
      throw error;
    }
    return read.flatMap(({ label, timeMs }, i) => this.take(row(i), label, timeMs, context.subject));
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
      if (this.pending > 0)
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
    if (this.lastMs === undefined || this.pending === 0) return none;
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
    const label = this.ring.newestLabel;
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
      if (this.pending === 0 || run > this.maxFill) {
        // Before a window begins there is nothing to restart: the row is passed over.
        if (this.pending > 0) this.restart('missing', `channel ${this.names[c]} is missing`);
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
    if (row !== this.last) this.last.set(row);
    return this.ring.append(row, label) ? [...windows, this.cut()] : windows;
  }

  private cut(): LabelledWindow {
    const window = this.ring.window();
    const scaling = normalise(window, this.input);
    const sample = this.ring.sample();
    if (sample) normalise(sample, this.input);
    this.tally.windows++;
    const label = this.ring.sharedLabel(this.labelShare);
    return {
      window,
      scaling,
      ...(sample && { sample }),
      ...(label >= 0 && { label, labelName: this.labels[label]! }),
      ...(this.lastMs !== undefined && { endMs: this.lastMs }),
      ...(this.subject !== undefined && { subject: this.subject }),
    };
  }

  /** After a reading that was refused: the stream now has a hole where it should be. */
  private restartAtHole(error: unknown): void {
    if (this.pending > 0) this.restart('invalid', messageOf(error));
  }

  private restart(reason: RestartReason, text: string): void {
    const lost = this.pending;
    this.restarts[reason]++;
    this.ring.clear();
    this.missing.fill(0);
    this.onRestart({ reason, text, lost });
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
