/** Steps in a row that show a rate if each of them is long. */
const fewestSteps = 2;
/** Milliseconds that they take at least, because a sensor that starts may be slow at first. */
const leastMs = 15_000;
/** A step is long if it has more periods of the task than this. */
const longPeriods = 4;

/**
 * Finds a stream that is so slow that its rate would take minutes to be measured: one reading after the other comes many
 * periods late. A pause between usual readings is no such stream, because the next reading is in time again.
 */
export class SparseRate {
  private lastMs: number | undefined;
  private steps = 0;
  private sumMs = 0;

  /** @param rateHz readings per second of the task */
  constructor(private readonly rateHz: number) {}

  /**
   * Takes the time of the next reading.
   * @param rows readings since the last one that had a time
   * @returns the readings per second, once they are known to be few
   */
  add(ms: number, rows = 1): number | undefined {
    const stepMs = this.lastMs === undefined ? 0 : (ms - this.lastMs) / rows;
    this.lastMs = ms;
    if (stepMs * this.rateHz <= longPeriods * 1000) {
      this.steps = this.sumMs = 0;
      return undefined;
    }
    this.steps++;
    this.sumMs += stepMs;
    if (this.steps < fewestSteps || this.sumMs < leastMs) return undefined;
    return (1000 * this.steps) / this.sumMs;
  }
}
