import { BeatWindows, unmarked } from '../beats';
import type { TimeLineSink } from '../line';
import { HeldValues } from '../rows';
import { completeRows } from './complete-rows';
import { MissingChannels, type ReadingNames } from './missing-channels';
import { normalise } from './normalise';
import { PersonScale } from './person-scale';
import type { StreamContext } from './stream-context';
import type { Tally } from './tally';
import { WindowRing } from './window-ring';
import type { LabelledWindow, RefusalReason, RestartReason } from './windower-types';

/**
 * Builds the windows of one stream from rows that have their places in time. It fills missing values, and keeps each
 * complete window.
 */
export class WindowBuilder implements TimeLineSink {
  /** The reason why a row has no values. Undefined if they are only missing. */
  blankReason: string | undefined;

  private readonly held: HeldValues;
  private readonly ring: WindowRing;
  private readonly beats: BeatWindows | undefined;
  private readonly person: PersonScale;
  private readonly tally: Tally;
  private readonly missing: MissingChannels;
  private finished: LabelledWindow[] = [];
  /** Time of the newest row. */
  private endMs: number | undefined;
  /** Rows without a value, one after the other. */
  private blanks = 0;

  /** @param onPlaced called with the time of each row of a run */
  constructor(
    private readonly context: StreamContext,
    private readonly subject: string | undefined,
    private readonly onPlaced: (ms: number, stamped: boolean) => void,
  ) {
    const { input, arriving, optional, maxFill, following } = context;
    const channels = arriving.channels.length;
    this.tally = context.tally;
    this.person = new PersonScale(input);
    if (input.cut && input.cut.kind !== 'hop') this.beats = new BeatWindows(input, input.cut);
    this.ring = this.beats
      ? new WindowRing(channels, input.length, undefined, this.beats.patience)
      : new WindowRing(channels, input.length, input.hop, following);
    this.held = new HeldValues(channels, maxFill, input.length, optional);
    this.missing = new MissingChannels(context);
  }

  /** Rows that are in no window yet. */
  get waiting(): number {
    return this.ring.waiting;
  }

  /** The windows finished since the last call. */
  windows(): readonly LabelledWindow[] {
    if (this.finished.length === 0) return none;
    const { finished } = this;
    this.finished = [];
    return finished;
  }

  /** Remembers the names of a reading, to report a channel that never comes. */
  readNames(names: ReadingNames): void {
    this.missing.read(names);
  }

  row(values: Float64Array, label: number, ms: number | undefined, stamped: boolean): void {
    if (ms !== undefined) this.onPlaced(ms, stamped);
    const blank = values.every(Number.isNaN);
    this.blanks = blank ? this.blanks + 1 : 0;
    if (!blank) this.missing.count(values, this.hasCome);
    const filled = this.held.fill(values);
    const hopeless = blank && this.blanks > this.context.maxFill;
    if (filled < 0 || hopeless || (blank && this.ring.pending === 0)) {
      if (this.ring.pending > 0) this.restartMissing(hopeless ? -1 : -1 - filled);
      if (!blank) this.tally.refused.missing++;
      return;
    }
    this.tally.filled += filled;
    if (blank) this.tally.filledRows++;
    else this.tally.readings++;
    this.append(values, blank ? this.ring.newestLabel : label, ms, Number.NaN);
  }

  /** Takes a row that was made from held values. */
  madeRow(values: Float64Array, label: number, ms: number | undefined): void {
    this.tally.filledRows++;
    this.append(values, label, ms, Number.NaN);
  }

  exchange(values: Float64Array, label: number): void {
    const { optional } = this.context;
    const complete = values.every((value, c) => optional[c] || !Number.isNaN(value));
    if (this.ring.pending === 0 || !complete) {
      this.row(values, label, undefined, false);
      return;
    }
    this.tally.readings++;
    if (this.ring.isBetween) this.tally.between++;
    const { label: own, isMarked } = unmarked(label);
    if (this.ring.exchange(values, own)) this.cut();
    this.cutBeats(values, isMarked);
  }

  fill(count: number, ms: number, periodMs: number): void {
    this.held.pass(count);
    if (this.ring.pending === 0) return;
    const label = this.ring.newestLabel;
    for (let i = 1; i <= count; i++) {
      this.tally.filledRows++;
      this.tally.filled += this.held.values.length;
      const at = ms + i * periodMs;
      this.append(this.held.values, label, at, at);
    }
  }

  place(values: Float64Array, label: number, ms: number, periodMs: number): boolean {
    if (!this.ring.replace(values, unmarked(label).label, ms, periodMs)) return false;
    this.tally.readings++;
    this.tally.filledRows--;
    this.tally.filled -= values.length;
    return true;
  }

  restart(reason: RestartReason, text: string, lostRows = 0): void {
    this.held.pass(lostRows);
    if (this.ring.pending === 0) return;
    const lost = this.ring.waiting;
    this.tally.restarts[reason]++;
    this.tally.lost += lost;
    this.ring.clear();
    this.beats?.reset();
    this.context.restart(reason, text, lost);
  }

  refuse(reason: Extract<RefusalReason, 'duplicate' | 'late'>, rows: number): void {
    this.tally.refused[reason] += rows;
    if (reason === 'late')
      this.context.notice({
        code: 'late',
        text: 'readings come after later ones, and too late for a place: they are left out',
      });
  }

  /** Forgets the values with which it fills. */
  forget(): void {
    this.held.forget();
  }

  /** Times have been reinterpreted: they become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    if (this.endMs !== undefined) this.endMs = this.endMs * scale + offset;
  }

  private readonly hasCome = (channel: number) => this.held.hasCome(channel);

  private append(values: Float64Array, label: number, ms: number | undefined, filledMs: number): void {
    this.endMs = ms;
    if (this.ring.isBetween) this.tally.between++;
    const { label: own, isMarked } = unmarked(label);
    if (this.ring.append(values, own, filledMs)) this.cut();
    this.cutBeats(values, isMarked);
  }

  private cutBeats(values: Float64Array, isMarked: boolean): void {
    const { beats, ring, tally } = this;
    if (!beats) return;
    const { length, rateHz } = this.context.input;
    tally.between += ring.passOver(ring.rowsSoFar - length - beats.patience);
    for (const { window, label, first, fresh, between } of beats.row(values, isMarked, ring)) {
      tally.inWindows += fresh;
      tally.between += between;
      const since = ((ring.rowsSoFar - first - length) * 1000) / rateHz;
      this.finish(window, label, this.endMs === undefined ? undefined : this.endMs - since);
    }
  }

  private cut(): void {
    this.tally.inWindows += this.ring.waiting;
    const { input, labelShare } = this.context;
    const window = completeRows(this.ring.window(), input);
    const sample = this.ring.sample();
    const label = this.ring.sharedLabel(labelShare);
    this.finish(window, label, this.endMs, sample && completeRows(sample, input));
  }

  private finish(
    window: Float32Array,
    label: number,
    endMs: number | undefined,
    sample?: Float32Array,
  ): void {
    const { input, labels } = this.context;
    const scaling = normalise(window, input, this.person);
    if (sample) normalise(sample, input);
    this.tally.windows++;
    this.finished.push({
      window,
      scaling,
      ...(sample && { sample }),
      ...(label >= 0 && { label, labelName: labels[label]! }),
      ...(endMs !== undefined && { endMs }),
      ...(this.subject !== undefined && { subject: this.subject }),
    });
  }

  private restartMissing(channel: number): void {
    const name = this.context.arriving.channels[channel]?.name;
    const far = name !== undefined && this.context.isFar(channel);
    if (this.blankReason !== undefined) this.restart('invalid', this.blankReason);
    else if (name === undefined) this.restart('missing', 'readings without values came');
    else if (far) this.restart('missing', `channel ${name} is hundreds of spreads from its centre`);
    else this.restart('missing', `channel ${name} is missing`);
  }
}

const none: readonly LabelledWindow[] = [];
