/** Steps that clocks make, in milliseconds. */
const ticks = [60_000, 1000, 10, 1];

/** How far apart the hands of a stream's clock can be seen, from the times it gave: whole seconds, or milliseconds. */
export class ClockTick {
  private index = 0;

  /** Milliseconds; 0 for a clock finer than a millisecond. */
  get ms(): number {
    return ticks[this.index] ?? 0;
  }

  see(ms: number): void {
    while (this.index < ticks.length && ms % ticks[this.index]! !== 0) this.index++;
  }

  /** Times have been read anew. */
  reset(): void {
    this.index = 0;
  }
}
