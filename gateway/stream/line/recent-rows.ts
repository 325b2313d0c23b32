import { repeats } from '../values';

/** Rows that are kept. */
const remembered = 64;

/** The newest rows of a stream, to recognise a row that comes again. */
export class RecentRows {
  private readonly times = new Float64Array(remembered).fill(Number.NaN);
  private readonly values: Float64Array;
  private next = 0;

  constructor(private readonly channels: number) {
    this.values = new Float64Array(remembered * channels);
  }

  add(ms: number, row: Float64Array): void {
    this.times[this.next] = ms;
    this.values.set(row, this.next * this.channels);
    this.next = (this.next + 1) % remembered;
  }

  /** True if a row with this time and these values has come before. */
  has(ms: number, row: Float64Array): boolean {
    for (let i = 0; i < remembered; i++) {
      if (this.times[i] !== ms) continue;
      if (repeats(row, this.values.subarray(i * this.channels, (i + 1) * this.channels))) return true;
    }
    return false;
  }

  clear(): void {
    this.times.fill(Number.NaN);
    this.next = 0;
  }
}
