/**
 * The newest rows of a run of readings, and the labels of those that a window holds. All of it is allocated once; what
 * is cut is copied.
 */
export class WindowRing {
  /** Row r of the run is at `r % capacity`: a window's rows, and those that may follow it. */
  private readonly rows: Float32Array;
  private readonly labels: Int32Array;
  /** Rows of the run, also those that are no longer held. */
  private count = 0;

  /**
   * @param length rows of a window
   * @param hop rows from the start of one window to the start of the next
   * @param following rows after a window that belong to a sample
   */
  constructor(
    private readonly channels: number,
    private readonly length: number,
    private readonly hop: number,
    private readonly following: number,
  ) {
    this.rows = new Float32Array(this.capacity * channels);
    this.labels = new Int32Array(length);
  }

  /** Rows the unfinished window holds, 0 to `length`. */
  get pending(): number {
    return Math.min(this.count, this.length);
  }

  /** Label of the newest row; -1 for none. */
  get newestLabel(): number {
    return this.count === 0 ? -1 : this.labels[(this.count - 1) % this.length]!;
  }

  private get capacity(): number {
    return this.length + this.following;
  }

  /** Begins another run. */
  clear(): void {
    this.count = 0;
  }

  /** Takes the next row; true where it completes a window. */
  append(row: Float64Array, label: number): boolean {
    this.rows.set(row, (this.count % this.capacity) * this.channels);
    this.labels[this.count % this.length] = label;
    this.count++;
    const past = this.count - this.length;
    return past >= 0 && past % this.hop === 0;
  }

  /** The newest window, `[length, channels]`. */
  window(): Float32Array {
    return this.newest(this.length);
  }

  /** An earlier window and the rows that followed it, `[length + following, channels]`; undefined before there are. */
  sample(): Float32Array | undefined {
    return this.following > 0 && this.count >= this.capacity ? this.newest(this.capacity) : undefined;
  }

  /** The label that at least `share` (and more than half) of the newest window's rows have; -1 for none. */
  sharedLabel(share: number): number {
    // Boyer-Moore majority vote: as the share is above one half, only its winner can be the one.
    let candidate = -1;
    let votes = 0;
    for (const label of this.labels) {
      if (votes === 0) candidate = label;
      votes += label === candidate ? 1 : -1;
    }
    let count = 0;
    for (const label of this.labels) if (label === candidate) count++;
    return count >= share * this.length && count * 2 > this.length ? candidate : -1;
  }

  /** A copy of the newest rows, oldest first. */
  private newest(rows: number): Float32Array {
    const copy = new Float32Array(rows * this.channels);
    const from = ((this.count - rows) % this.capacity) * this.channels;
    const untilWrap = Math.min(copy.length, this.rows.length - from);
    copy.set(this.rows.subarray(from, from + untilWrap));
    copy.set(this.rows.subarray(0, copy.length - untilWrap), untilWrap);
    return copy;
  }
}
