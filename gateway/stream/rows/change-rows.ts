import type { RowSink } from './partial-rows';

/** Values that come out of order by at most this number of periods are treated as if they came now. */
const lateness = 10;

/** Called at the end of a run of held values, because of silence or a clock that was set back. */
export type HeldEnd = (reason: 'gap' | 'out-of-order', ms: number) => void;

/**
 * Makes one row per period from sensors that report on change, or at another rate. Every channel keeps its last value
 * until another one comes. After a silence longer than `holdMs` it is not known whether the sensor still works, and the
 * run ends.
 */
export class ChangeRows {
  private readonly values: Float64Array;
  private readonly row: Float64Array;
  private unknown: number;
  private label = -1;
  /** The time of the next row. Undefined until all channels are known. */
  private nextMs: number | undefined;
  private lastMs = Number.NaN;

  /** @param optional channels whose values are in the row of their time alone */
  constructor(
    channels: number,
    private readonly periodMs: number,
    private readonly holdMs: number,
    private readonly sink: RowSink,
    private readonly end: HeldEnd,
    private readonly optional: readonly boolean[] = [],
  ) {
    this.values = new Float64Array(channels).fill(Number.NaN);
    this.row = new Float64Array(channels);
    this.unknown = this.required;
  }

  /** Channels without which there is no row. */
  private get required(): number {
    return this.values.length - this.optional.filter(Boolean).length;
  }

  /**
   * Makes the rows that are due before a time. Call it until it has made all of them, and then take the values of that
   * time.
   * @param most most rows to make
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

  /** Takes the values of a message. NaN and absent channels keep their values. */
  push(values: Float64Array, label: number, ms: number): void {
    if (this.lastMs - ms > lateness * this.periodMs) this.stop('out-of-order', this.lastMs - ms);
    for (let c = 0; c < values.length; c++) {
      if (Number.isNaN(values[c])) continue;
      if (Number.isNaN(this.values[c]) && !this.optional[c]) this.unknown--;
      this.values[c] = values[c]!;
    }
    this.label = label;
    this.lastMs = Number.isNaN(this.lastMs) ? ms : Math.max(ms, this.lastMs);
    if (this.nextMs === undefined && this.unknown === 0) this.nextMs = ms;
    // With one channel no other value of this moment can come.
    if (this.values.length === 1 && this.nextMs !== undefined && this.nextMs <= ms) this.send(this.nextMs);
  }

  /** Times have been reinterpreted: they become `ms * scale`. */
  adjust(scale: number): void {
    this.lastMs *= scale;
    if (this.nextMs !== undefined) this.nextMs *= scale;
  }

  /** Forgets all values. */
  reset(): void {
    this.values.fill(Number.NaN);
    this.unknown = this.required;
    this.nextMs = undefined;
    this.lastMs = Number.NaN;
  }

  private send(ms: number): void {
    this.nextMs = ms + this.periodMs;
    // The receiver may change the row.
    this.row.set(this.values);
    this.optional.forEach((isOptional, c) => {
      if (isOptional) this.values[c] = Number.NaN;
    });
    this.sink(this.row, this.label, ms);
  }

  private stop(reason: 'gap' | 'out-of-order', ms: number): void {
    this.reset();
    this.end(reason, ms);
  }
}
