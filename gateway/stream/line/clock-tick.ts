/** Resolutions of clocks, in milliseconds. */
const ticks = [60_000, 1000, 10, 1];

/** The resolution of a stream's clock, from the times that it gave: whole seconds, or milliseconds. */
export class ClockTick {
  private index = 0;

  /** The resolution in milliseconds; 0 for a clock finer than a millisecond. */
  get ms(): number {
    return ticks[this.index] ?? 0;
  }

  see(ms: number): void {
    while (this.index < ticks.length && ms % ticks[this.index]! !== 0) this.index++;
  }

  /** Begins again, because times have been reinterpreted. */
  reset(): void {
    this.index = 0;
  }
}
