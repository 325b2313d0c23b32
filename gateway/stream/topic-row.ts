/** Collects single numbers, one channel each, into a row. */
export class TopicRow {
  /** NaN where a channel has not come. */
  readonly values: Float64Array;
  /** Time of the first number. */
  timeMs: number | undefined;
  /** Label of the last number; -1 for none. */
  label = -1;
  private readonly seen: Uint8Array;
  private count = 0;

  constructor(channels: number) {
    this.values = new Float64Array(channels);
    this.seen = new Uint8Array(channels);
  }

  has(channel: number): boolean {
    return this.seen[channel] === 1;
  }

  /** Takes a channel's number; true once every channel has come. */
  set(channel: number, value: number, label: number, timeMs: number | undefined): boolean {
    if (this.count === 0) {
      this.values.fill(Number.NaN);
      this.timeMs = timeMs;
    }
    this.values[channel] = value;
    this.label = label;
    if (!this.seen[channel]) this.count++;
    this.seen[channel] = 1;
    return this.count === this.seen.length;
  }

  /** Begins the next row; `values` stay readable until its first number. */
  clear(): void {
    this.seen.fill(0);
    this.count = 0;
  }
}
