import { repeats } from '../values';
import type { WaitingRow } from './waiting-rows';

/** Weight of the newest row in the share of equal rows. */
const forgetting = 1 / 16;
/** If the share of equal rows is below this, a repetition is a message that came twice. */
const rareShare = 0.2;

/**
 * Repetitions of the newest row: messages that came twice, or readings that are equal. They are held until the next row
 * decides: if they were not readings, it would come late without them.
 */
export class Repetitions {
  private readonly values: Float64Array;
  private label = -1;
  private ms = Number.NaN;
  private waiting = 0;
  private wereReal = false;
  private hasSeen = false;
  /** Share of rows that equal the one before; NaN until it is known. */
  private alike = Number.NaN;

  constructor(channels: number) {
    this.values = new Float64Array(channels);
  }

  /** Number of held repetitions. */
  get count(): number {
    return this.waiting;
  }

  /** Remembers the newest row. */
  follow({ values, label, ms }: WaitingRow): void {
    if (!Number.isNaN(this.ms)) {
      const like = repeats(values, this.values) ? 1 : 0;
      this.alike = Number.isNaN(this.alike) ? like : this.alike + (like - this.alike) * forgetting;
    }
    this.values.set(values);
    this.label = label;
    this.ms = ms;
  }

  /**
   * Holds a row if it repeats the newest one.
   * @param ahead periods by which the stream would be ahead of the clock if the row counted. If the last repetitions
   * were real, this one may be real, too.
   */
  keep({ values, ms }: WaitingRow, ahead: () => number): boolean {
    if (ms !== this.ms || !repeats(values, this.values)) return false;
    if (this.wereReal && !this.areRare && ahead() <= 0.5) return false;
    this.waiting++;
    this.hasSeen = true;
    return true;
  }

  /**
   * Decides about the held repetitions.
   * @param behind periods by which the next row would come late without them; NaN if there is no next row, in which
   * case the last decisions apply
   * @returns the repeated row, the number of repetitions that are real, and the number of the others
   */
  judge(behind: number): { row: WaitingRow; real: number; repeated: number } {
    const missing = Number.isNaN(behind)
      ? this.wereReal
        ? this.waiting
        : 0
      : Math.max(0, Math.round(behind));
    const real = this.areRare ? 0 : Math.min(this.waiting, missing);
    const repeated = this.waiting - real;
    if (this.waiting > 0) this.wereReal = real > 0;
    this.waiting = 0;
    return { row: { values: this.values, label: this.label, ms: this.ms, stamped: true }, real, repeated };
  }

  /** True if rows were repeated, and it is not known whether they came twice or were equal. */
  get areDoubtful(): boolean {
    return this.hasSeen && !this.areRare;
  }

  /** True if rows usually differ from those before them, so that an equal row is the same one. */
  private get areRare(): boolean {
    return this.alike < rareShare;
  }

  /** Times have been reinterpreted: they become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    this.ms = this.ms * scale + offset;
  }

  reset(): void {
    this.ms = Number.NaN;
    this.waiting = 0;
  }
}
