/** Rows for which the estimate counts as much as the task's period. */
const priorRows = 64;
/** Rows after which the stretch that is measured begins later: a sensor's clock drifts. */
const stretchRows = 512;
/** Share by which a sensor's clock may be off, if nobody knows which readings are repetitions. */
const clockError = 0.03;
/** A stream that is slower than the task by more has gaps; one that is faster may be as fast as it likes. */
const slowest = 1.5;

/** How far apart a stream's readings really are: the task's period at first, what was measured later. */
export class PeriodEstimate {
  /** Milliseconds from one row to the next. */
  ms: number;
  private older: Anchor | undefined;
  private newer: Anchor | undefined;

  constructor(private readonly nominalMs: number) {
    this.ms = nominalMs;
  }

  /** Begins to measure again, at the next burst; what was measured before is kept until there is better. */
  begin(): void {
    this.older = this.newer = undefined;
  }

  /**
   * Measures up to a row that begins a burst, counted from the same start as the others.
   * @param doubtful true if some of the rows may be missing, or too many
   */
  measure(ms: number, row: number, doubtful: boolean): void {
    const { older, newer } = this;
    if (!older || !newer) {
      this.older = this.newer = { ms, row };
      return;
    }
    const rows = row - older.row;
    if (rows <= 0) return;
    const [least, most] = doubtful ? [1 - clockError, 1 + clockError] : [0, slowest];
    const measured = Math.min(
      Math.max((ms - older.ms) / rows, least * this.nominalMs),
      most * this.nominalMs,
    );
    const weight = rows / (rows + priorRows);
    if (measured > 0) this.ms = this.nominalMs + (measured - this.nominalMs) * weight;
    if (row - newer.row < stretchRows) return;
    this.older = newer;
    this.newer = { ms, row };
  }

  /** Times have been read anew: `ms` becomes `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    for (const anchor of [this.older, this.newer]) if (anchor) anchor.ms = anchor.ms * scale + offset;
  }
}

interface Anchor {
  ms: number;
  row: number;
}
