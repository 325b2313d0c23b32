import type { Notice } from '../../platform';

/** Kind of a problem: a row is left out, or a value of it is missing. */
export type RowProblemKind = 'short' | 'long' | 'value' | 'time' | 'quotes' | 'footer';

/**
 * A notice about the rows of a file: an error if something of it is not read. The text names the file, the line of the
 * first row, what came and what was expected; or it counts all rows of a pass.
 */
export type CsvNotice = Pick<Notice, 'level' | 'text'>;

/** The words of a summary, by kind. */
const spoken: Readonly<Record<RowProblemKind, string>> = {
  short: 'rows with too few cells (the others are missing)',
  long: 'rows with too many cells (left out)',
  value: 'values that are no numbers (missing)',
  time: 'rows without a readable time (left out)',
  quotes: 'lines with an unpaired quote (left out)',
  footer: 'lines after the table (left out)',
};

/** Problems that are reported separately; further ones are only counted. */
const mostKinds = 32;

/** Reports each problem of a file's rows once, and counts it. */
export class RowProblems {
  private readonly said = new Set<string>();
  private counts = new Map<RowProblemKind, number>();
  private lastSummary = '';

  constructor(
    private readonly path: string,
    private readonly onNotice: (notice: CsvNotice) => void,
  ) {}

  /**
   * @param text names the value that came and what was expected
   * @param about the column, if the problem has one
   */
  add(kind: RowProblemKind, line: number, text: () => string, about = ''): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const key = `${kind} ${about}`;
    if (this.said.has(key) || this.said.size >= mostKinds) return;
    this.said.add(key);
    this.onNotice({
      level: kind === 'short' || kind === 'footer' ? 'warning' : 'error',
      text: `${this.path} line ${line}: ${text()}`,
    });
  }

  /** Reports once that the readings of several devices are one stream. */
  severalDevices(line: number, column: string, before: string, now: string): void {
    if (this.said.has('devices')) return;
    this.said.add('devices');
    const text = `${this.path} line ${line}: ${column} is ${now} after ${before}, and the readings of both are one stream; choose ${column} as the column of the person (subjectColumn) to keep them apart`;
    this.onNotice({ level: 'warning', text });
  }

  /** Begins another pass over the file: its counts start at 0. */
  begin(): void {
    this.counts = new Map();
  }

  /** Number of problems of each kind in this pass. */
  get totals(): Readonly<Partial<Record<RowProblemKind, number>>> {
    return Object.fromEntries(this.counts);
  }

  /** The counts of this pass in words; empty if there are none. */
  inWords(): string {
    return [...this.counts].map(([kind, count]) => `${count} ${spoken[kind]}`).join(', ');
  }

  /** Reports the counts of a finished pass, unless all problems have been reported singly, or the counts are the same as before. */
  end(): void {
    const isReported = [...this.counts.values()].every((count) => count === 1);
    const text = `${this.path}: ${this.inWords()}`;
    if (isReported || text === this.lastSummary) return;
    this.lastSummary = text;
    this.onNotice({ level: 'warning', text });
  }
}
