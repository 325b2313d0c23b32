/** Fewest readings, and milliseconds, over which a rate is measured. */
const [fewestRows, leastMs] = [8, 250];
/** A pause of this length begins a new measurement. */
const pauseMs = 5000;

/**
 * The readings per second of a stream with times, by when they arrive. It distinguishes a sensor at another rate from times that
 * are of another unit, or that count readings.
 */
export class TimedArrivals {
  private firstMs = Number.NaN;
  private lastMs = Number.NaN;
  private rows = 0;

  /** Takes an arrival. @param rows readings since the last one */
  add(receivedMs: number, rows: number): void {
    const pause = receivedMs - this.lastMs;
    this.lastMs = receivedMs;
    if (pause >= 0 && pause <= pauseMs) this.rows += rows;
    else {
      this.firstMs = receivedMs;
      this.rows = 0;
    }
  }

  /** Undefined if it is not known yet. */
  get hz(): number | undefined {
    const elapsedMs = this.lastMs - this.firstMs;
    if (this.rows < fewestRows || !(elapsedMs >= leastMs)) return undefined;
    return (1000 * this.rows) / elapsedMs;
  }
}
