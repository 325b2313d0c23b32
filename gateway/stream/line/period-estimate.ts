/** Rows after which the estimate has the same weight as the task's period. */
const priorRows = 64;
/** Rows after which the measured stretch begins later, because the clock of a sensor drifts. */
const stretchRows = 512;
/** Share by which the clock of a sensor may be wrong, if it is not known which readings are repetitions. */
const clockError = 0.03;
/** A stream that is slower than the task by more than this factor has gaps. There is no limit for a faster one. */
const slowest = 1.5;

/** The time between the readings of a stream: the period of the task at first, later a measured one. */
export class PeriodEstimate {
  /** Milliseconds from one row to the next. */
  ms: number;
  private older: Anchor | undefined;
  private newer: Anchor | undefined;

  constructor(private readonly nominalMs: number) {
    this.ms = nominalMs;
  }

  /** Begins to measure again at the next burst. The earlier estimate stays until there is a better one. */
  begin(): void {
    this.older = this.newer = undefined;
  }

  /**
   * Measures up to a row that begins a burst. Rows are counted from the same start as in `begin`.
   * @param doubtful true if there may be too few or too many rows
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

  /** Times have been reinterpreted: `ms` becomes `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    for (const anchor of [this.older, this.newer]) if (anchor) anchor.ms = anchor.ms * scale + offset;
  }
}

interface Anchor {
  ms: number;
  row: number;
}
