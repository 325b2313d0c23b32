/**
 * The newest rows of a run of readings, and the labels of those in a window. All memory is allocated once; windows are
 * copies.
 */
export class WindowRing {
  /** Row r of the run is at `r % capacity`: the rows of a window, and those that may follow it. */
  private readonly rows: Float32Array;
  private readonly labels: Int32Array;
  /** The time for which a row was filled; NaN for a row that came. */
  private readonly filledMs: Float64Array;
  /** Rows of the run, including those that are not kept any more. */
  private count = 0;
  /** Number of newest rows that were filled. */
  private filled = 0;
  private uncut = 0;

  /**
   * @param length rows of a window
   * @param hop rows from the start of one window to the start of the next; undefined if windows are taken by `take`
   * @param following rows after a window that belong to a sample; or rows for which `take` can go back
   */
  constructor(
    private readonly channels: number,
    private readonly length: number,
    private readonly hop: number | undefined,
    private readonly following: number,
  ) {
    this.rows = new Float32Array(this.capacity * channels);
    this.labels = new Int32Array(this.capacity);
    this.filledMs = new Float64Array(this.capacity).fill(Number.NaN);
  }

  /** Rows in the unfinished window, 0 to `length`. */
  get pending(): number {
    return Math.min(this.count, this.length);
  }

  /** Rows that are in no window yet. */
  get waiting(): number {
    return this.uncut;
  }

  /** Label of the newest row; -1 for none. */
  get newestLabel(): number {
    return this.count === 0 ? -1 : this.labels[(this.count - 1) % this.capacity]!;
  }

  private get capacity(): number {
    return this.length + this.following;
  }

  /** Begins another run. */
  clear(): void {
    this.count = 0;
    this.uncut = 0;
    if (this.filled > 0) this.filledMs.fill(Number.NaN);
    this.filled = 0;
  }

  /** True if the next row is between two windows. */
  get isBetween(): boolean {
    return this.hop !== undefined && this.hop > this.length && this.count % this.hop >= this.length;
  }

  /**
   * Takes the next row.
   * @param filledMs the time of the row, if it did not come
   * @returns true if it completes a window
   */
  append(row: Float64Array, label: number, filledMs = Number.NaN): boolean {
    const place = this.count % this.capacity;
    if (!Number.isNaN(this.filledMs[place])) this.filled--;
    if (!Number.isNaN(filledMs)) this.filled++;
    if (!this.isBetween) this.uncut++;
    this.rows.set(row, place * this.channels);
    this.labels[place] = label;
    this.filledMs[place] = filledMs;
    this.count++;
    if (this.hop === undefined) return false;
    const past = this.count - this.length;
    return past >= 0 && past % this.hop === 0;
  }

  /** Inserts a row before the newest one. @returns true if that completes a window */
  exchange(row: Float64Array, label: number): boolean {
    const newest = (this.count - 1) % this.capacity;
    const values = Float64Array.from(
      this.rows.subarray(newest * this.channels, (newest + 1) * this.channels),
    );
    const newestLabel = this.labels[newest]!;
    this.rows.set(row, newest * this.channels);
    this.labels[newest] = label;
    return this.append(values, newestLabel, this.filledMs[newest]);
  }

  /**
   * Replaces a filled row by one that came late.
   * @returns false if none of the kept rows was filled for a time within half a period
   */
  replace(row: Float64Array, label: number, ms: number, periodMs: number): boolean {
    if (this.filled === 0) return false;
    const held = Math.min(this.count, this.capacity);
    let best = -1;
    let nearest = periodMs / 2;
    for (let r = this.count - held; r < this.count; r++) {
      const distance = Math.abs(this.filledMs[r % this.capacity]! - ms);
      if (distance <= nearest) [best, nearest] = [r, distance];
    }
    if (best < 0) return false;
    const place = best % this.capacity;
    for (let c = 0; c < this.channels; c++)
      if (!Number.isNaN(row[c])) this.rows[place * this.channels + c] = row[c]!;
    this.labels[place] = label;
    this.filledMs[place] = Number.NaN;
    this.filled--;
    return true;
  }

  /** The newest window, `[length, channels]`. */
  window(): Float32Array {
    this.uncut = 0;
    return this.newest(this.length);
  }

  /** Rows of the run so far. */
  get rowsSoFar(): number {
    return this.count;
  }

  /** The label of a row that is kept; -1 for none. */
  labelOf(row: number): number {
    return this.labels[row % this.capacity]!;
  }

  /**
   * The window from a row on, `[length, channels]`, with the number of its rows that no window had before, and of those
   * before it that no window has; undefined if the row is not kept any more.
   */
  take(first: number): TakenRows | undefined {
    const end = first + this.length;
    if (first < 0 || first < this.count - this.capacity || end > this.count) return undefined;
    const between = this.passOver(first);
    const fresh = Math.max(0, end - (this.count - this.uncut));
    this.uncut -= fresh;
    return { window: this.rowsFrom(first, this.length), fresh, between };
  }

  /** Gives up rows that no window will have, because they are before this row. @returns how many */
  passOver(first: number): number {
    const kept = Math.max(0, this.count - Math.max(0, first));
    const passed = Math.max(0, this.uncut - kept);
    this.uncut -= passed;
    return passed;
  }

  /**
   * An earlier window and the rows after it, `[length + following, channels]`. Undefined until there are enough rows.
   */
  sample(): Float32Array | undefined {
    return this.following > 0 && this.count >= this.capacity ? this.newest(this.capacity) : undefined;
  }

  /** The label of at least `share` (and more than half) of the rows of the newest window; -1 for none. */
  sharedLabel(share: number): number {
    // Boyer-Moore majority vote. The share is above one half, so only its winner can be the label.
    const first = this.count - this.length;
    let candidate = -1;
    let votes = 0;
    for (let row = first; row < this.count; row++) {
      const label = this.labels[row % this.capacity]!;
      if (votes === 0) candidate = label;
      votes += label === candidate ? 1 : -1;
    }
    let count = 0;
    for (let row = first; row < this.count; row++)
      if (this.labels[row % this.capacity] === candidate) count++;
    return count >= share * this.length && count * 2 > this.length ? candidate : -1;
  }

  /** A copy of the newest rows, oldest first. */
  private newest(rows: number): Float32Array {
    return this.rowsFrom(this.count - rows, rows);
  }

  private rowsFrom(first: number, rows: number): Float32Array {
    const copy = new Float32Array(rows * this.channels);
    const from = (first % this.capacity) * this.channels;
    const untilWrap = Math.min(copy.length, this.rows.length - from);
    copy.set(this.rows.subarray(from, from + untilWrap));
    copy.set(this.rows.subarray(0, copy.length - untilWrap), untilWrap);
    return copy;
  }
}

/** Rows of a window that was taken, and what they mean for those that wait. */
export interface TakenRows {
  readonly window: Float32Array;
  readonly fresh: number;
  readonly between: number;
}
