/** Intervals between the values of a channel that are kept. */
const remembered = 5;

/**
 * Fills missing values of rows with the last value of their channel, for as long as the channel may go without one: a
 * number of its own readings, which for a slow channel are many rows.
 */
export class HeldValues {
  private readonly last: Float64Array;
  /** Rows since the channel's last value; Infinity if none has come. */
  private readonly age: Float64Array;
  private readonly intervals: number[][];
  /** The number of newest intervals that are equal, at most as many as are kept. */
  private readonly equal: Uint8Array;
  /** The usual interval between values; 0 if it is not known. */
  private readonly usual: Float64Array;

  /**
   * @param maxFill readings of a channel in a row that may be missing
   * @param patience rows for which a channel is held that has come once, because its interval is not known yet
   * @param optional channels that stay missing where they have no value
   */
  constructor(
    channels: number,
    private readonly maxFill: number,
    private readonly patience: number,
    private readonly optional: readonly boolean[] = [],
  ) {
    this.last = new Float64Array(channels).fill(Number.NaN);
    this.age = new Float64Array(channels).fill(Infinity);
    this.intervals = Array.from({ length: channels }, () => []);
    this.equal = new Uint8Array(channels);
    this.usual = new Float64Array(channels);
  }

  /** The last value of each channel. */
  get values(): Float64Array {
    return this.last;
  }

  /** True if a value of the channel has come. */
  hasCome(channel: number): boolean {
    return this.age[channel] !== Infinity || this.usual[channel]! > 0;
  }

  /**
   * Fills missing values in place.
   * @returns the number of values that were filled; or the first channel that cannot be filled, as -1 - channel
   */
  fill(row: Float64Array): number {
    let filled = 0;
    let lost = 0;
    for (let c = 0; c < row.length; c++) {
      if (this.optional[c]) continue;
      if (!Number.isNaN(row[c])) {
        this.arrive(c, row[c]!);
        continue;
      }
      this.age[c]!++;
      if (this.age[c]! > this.allowed(c)) lost ||= -1 - c;
      else {
        row[c] = this.last[c]!;
        filled++;
      }
    }
    return lost || filled;
  }

  /** Counts rows without values. */
  pass(rows: number): void {
    for (let c = 0; c < this.age.length; c++) this.age[c]! += rows;
  }

  /** Forgets the values, but not their intervals. */
  forget(): void {
    this.last.fill(Number.NaN);
    this.age.fill(Infinity);
  }

  private arrive(channel: number, value: number): void {
    const age = this.age[channel]!;
    if (age !== Infinity) this.addInterval(channel, age + 1);
    this.last[channel] = value;
    this.age[channel] = 0;
  }

  private addInterval(channel: number, interval: number): void {
    // A steady channel, which most are: one more of the same changes nothing.
    if (this.equal[channel] === remembered && interval === this.usual[channel]) return;
    const intervals = this.intervals[channel]!;
    this.equal[channel] = interval === intervals.at(-1) ? Math.min(this.equal[channel]! + 1, remembered) : 1;
    intervals.push(interval);
    if (intervals.length > remembered) intervals.shift();
    this.usual[channel] = [...intervals].sort((a, b) => a - b)[Math.floor(intervals.length / 2)]!;
  }

  /** The number of rows that the channel may go without a value. */
  private allowed(channel: number): number {
    const usual = this.usual[channel]!;
    if (usual === 0) return Math.max(this.maxFill, this.patience);
    return usual * (this.maxFill + 1) - 1;
  }
}
