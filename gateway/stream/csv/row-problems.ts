/** What can be wrong with a row: it is left out, or only a value of it is missing. */
export type RowProblemKind = 'short' | 'long' | 'value' | 'time' | 'quotes';

/** What a person should know of the rows of a file, each thing once. */
export interface CsvNotice {
  /** An error if something of the file is not read. */
  readonly severity: 'warning' | 'error';
  /** Names the file, the line of the first row, what came, and what was expected; or counts all rows of a pass. */
  readonly text: string;
}

/** In words, by kind: what happened to so many rows. */
const spoken: Readonly<Record<RowProblemKind, string>> = {
  short: 'rows with too few cells (the others are missing)',
  long: 'rows with too many cells (left out)',
  value: 'values that are no numbers (missing)',
  time: 'rows without a readable time (left out)',
  quotes: 'lines with quotes that do not pair (left out)',
};

/** Problems that are told apart; further ones are only counted. */
const mostKinds = 32;

/** Says what is wrong with rows of a file once, and counts it. */
export class RowProblems {
  private readonly said = new Set<string>();
  private counts = new Map<RowProblemKind, number>();
  private lastSummary = '';

  constructor(
    private readonly path: string,
    private readonly onNotice: (notice: CsvNotice) => void,
  ) {}

  /**
   * @param text says what came and what was expected
   * @param about the column, if the problem has one
   */
  add(kind: RowProblemKind, line: number, text: () => string, about = ''): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const key = `${kind} ${about}`;
    if (this.said.has(key) || this.said.size >= mostKinds) return;
    this.said.add(key);
    this.onNotice({
      severity: kind === 'short' ? 'warning' : 'error',
      text: `${this.path} line ${line}: ${text()}`,
    });
  }

  /** Begins another pass over the file. */
  begin(): void {
    this.counts = new Map();
  }

  /** Rows or values of each kind in this pass. */
  get totals(): Readonly<Partial<Record<RowProblemKind, number>>> {
    return Object.fromEntries(this.counts);
  }

  /** Says all of a finished pass in one sentence, if that is more than was said row by row, and not as before. */
  end(): void {
    const parts = [...this.counts].map(([kind, count]) => `${count} ${spoken[kind]}`);
    const isSaid = [...this.counts.values()].every((count) => count === 1) || parts.length === 0;
    const text = `${this.path}: ${parts.join(', ')}`;
    if (isSaid || text === this.lastSummary) return;
    this.lastSummary = text;
    this.onNotice({ severity: 'warning', text });
  }
}
