import { repeats } from '../values';

/** A row that waits for the rows after it. */
export interface WaitingRow {
  readonly values: Float64Array;
  readonly label: number;
  ms: number;
  /** True if `ms` came with the row; false if it is derived from the rows before. */
  readonly stamped: boolean;
}

/** Rows that wait, in the order of their times; at most `most` of them. */
export class WaitingRows {
  private rows: WaitingRow[] = [];
  private stamps = 0;

  constructor(private readonly most: number) {}

  get count(): number {
    return this.rows.length;
  }

  /** Number of them that came with a time. */
  get stamped(): number {
    return this.stamps;
  }

  get full(): boolean {
    return this.rows.length >= this.most;
  }

  get first(): WaitingRow | undefined {
    return this.rows[0];
  }

  get last(): WaitingRow | undefined {
    return this.rows.at(-1);
  }

  /** Keeps a copy of the row, after those whose times are not later. */
  add(values: Float64Array, label: number, ms: number, stamped: boolean): void {
    const row = { values: values.slice(), label, ms, stamped };
    let place = this.rows.length;
    while (place > 0 && this.rows[place - 1]!.ms > ms) place--;
    if (place === this.rows.length) this.rows.push(row);
    else this.rows.splice(place, 0, row);
    if (stamped) this.stamps++;
  }

  /** True if a row with this time and these values waits. */
  has(ms: number, values: Float64Array): boolean {
    return this.rows.some((row) => row.ms === ms && repeats(values, row.values));
  }

  /** Removes and returns all of them. */
  take(): WaitingRow[] {
    const { rows } = this;
    this.rows = [];
    this.stamps = 0;
    return rows;
  }

  /** Times have been reinterpreted: `ms` becomes `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    for (const row of this.rows) row.ms = row.ms * scale + offset;
  }
}
