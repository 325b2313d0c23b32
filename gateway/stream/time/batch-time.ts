/** The reading of a batch to which its time belongs. */
export type BatchTimes = 'auto' | 'first' | 'last';

/** Number of readings, over all batches so far, by which one answer must fit better than the other. */
const certain = 4;
/** Batches that are kept, to recognise one that comes again. */
const remembered = 4;

/**
 * Finds out whether the time of a batch belongs to its first or to its last reading. Between two batches of different
 * sizes there are as many periods as the earlier one has readings if times are those of the first, and as many as the
 * later one has if they are those of the last.
 */
export class BatchTime {
  private last: boolean;
  private previous: { ms: number; count: number } | undefined;
  private score = 0;
  private readonly known: { ms: number; print: string }[] = [];

  /** @param onLast called once it is known that times are those of the last reading */
  constructor(
    private readonly which: BatchTimes,
    private readonly onLast: () => void,
  ) {
    this.last = which === 'last';
  }

  /** True if a batch with this time and these values (as a text) has just come. */
  isRepetition(ms: number, print: string): boolean {
    if (this.known.some((batch) => batch.ms === ms && batch.print === print)) return true;
    this.known.push({ ms, print });
    if (this.known.length > remembered) this.known.shift();
    return false;
  }

  /**
   * The time of the first of `count` readings.
   * @returns `shift`: the amount by which all earlier times must be moved, because they turned out to be those of last
   * readings
   */
  firstOf(ms: number, count: number, periodMs: number): { ms: number; shift: number } {
    const { previous } = this;
    this.previous = { ms, count };
    let shift = 0;
    if (this.which === 'auto' && !this.last && previous && previous.count !== count) {
      const periods = (ms - previous.ms) / periodMs;
      const better = Math.abs(periods - previous.count) - Math.abs(periods - count);
      this.score = Math.max(-certain, this.score + Math.max(-2, Math.min(2, better)));
      if (this.score > certain) {
        this.last = true;
        this.onLast();
        shift = -(previous.count - 1) * periodMs;
      }
    }
    return { ms: this.last ? ms - (count - 1) * periodMs : ms, shift };
  }
}
