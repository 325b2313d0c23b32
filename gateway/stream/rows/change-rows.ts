import type { RowSink } from './partial-rows';

/** Values that come out of order by no more than this many periods are taken as if they came now. */
const lateness = 10;

/** What ends a stream of held values: silence, or a clock that was set back. */
export type HeldEnd = (reason: 'gap' | 'out-of-order', ms: number) => void;

/**
 * Makes one row each period of sensors that report on change, or at another rate: every channel keeps its last value
 * until another comes. After a silence longer than `holdMs` nobody knows whether the sensor still lives: the run ends.
 */
export class ChangeRows {
  private readonly values: Float64Array;
  private readonly row: Float64Array;
  private unknown: number;
  private label = -1;
  /** Time of the next row; undefined before all channels are known. */
  private nextMs: number | undefined;
  private lastMs = Number.NaN;

  constructor(
    channels: number,
    private readonly periodMs: number,
    private readonly holdMs: number,
    private readonly sink: RowSink,
    private readonly end: HeldEnd,
  ) {
    this.values = new Float64Array(channels).fill(Number.NaN);
    this.row = new Float64Array(channels);
    this.unknown = channels;
  }

  /**
   * Makes rows that are due before a time: to be called until it has made all of them, before what came then is taken.
   * @param most rows to make at most
   * @returns true if there are more
   */
  advance(ms: number, most: number): boolean {
    const silent = ms - this.lastMs > this.holdMs;
    const until = silent ? this.lastMs + this.holdMs : ms;
    for (let made = 0; this.nextMs !== undefined && this.nextMs < until; made++) {
      if (made >= most) return true;
      this.send(this.nextMs);
    }
    if (silent) this.stop('gap', ms - this.lastMs);
    return false;
  }

  /** Takes what a message brought. NaN and absent channels keep their values. */
  push(values: Float64Array, label: number, ms: number): void {
    if (this.lastMs - ms > lateness * this.periodMs) this.stop('out-of-order', this.lastMs - ms);
    for (let c = 0; c < values.length; c++) {
      if (Number.isNaN(values[c])) continue;
      if (Number.isNaN(this.values[c])) this.unknown--;
      this.values[c] = values[c]!;
    }
    this.label = label;
    this.lastMs = Number.isNaN(this.lastMs) ? ms : Math.max(ms, this.lastMs);
    if (this.nextMs === undefined && this.unknown === 0) this.nextMs = ms;
    // With one channel nothing else can come that belongs to this moment.
    if (this.values.length === 1 && this.nextMs !== undefined && this.nextMs <= ms) this.send(this.nextMs);
  }

  /** Times have been read anew: they become `ms * scale`. */
  adjust(scale: number): void {
    this.lastMs *= scale;
    if (this.nextMs !== undefined) this.nextMs *= scale;
  }

  /** Forgets all values. */
  reset(): void {
    this.values.fill(Number.NaN);
    this.unknown = this.values.length;
    this.nextMs = undefined;
    this.lastMs = Number.NaN;
  }

  private send(ms: number): void {
    this.nextMs = ms + this.periodMs;
    // The receiver may write into the row.
    this.row.set(this.values);
    this.sink(this.row, this.label, ms);
  }

  private stop(reason: 'gap' | 'out-of-order', ms: number): void {
    this.reset();
    this.end(reason, ms);
  }
}
