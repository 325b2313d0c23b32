import { repeats } from '../values';

/** Weight of the newest row in the share of equal rows. */
const forgetting = 1 / 64;
/** Rows after which the share is known. */
const enough = 32;
/** Below this share a repetition is a message that came twice, also among readings that were held up and come together. */
const rareShare = 0.02;
/** A repetition comes sooner than this share of its period after its original. */
const soon = 0.5;
/** Rows of a batch that are compared. */
const compared = 16;

/**
 * Finds messages without a time that were delivered twice, as overlapping subscriptions do: the same values again, long
 * before the next reading is due, in a stream whose readings otherwise differ from those before them.
 */
export class DoubleDeliveries {
  private readonly values: Float64Array;
  private lastMs = Number.NaN;
  private seen = 0;
  /** Share of rows, among those that came in time, that equal the one before. */
  private alike = 0;
  private batch: { readonly print: string; readonly receivedMs: number } | undefined;

  constructor(
    channels: number,
    private readonly periodMs: number,
  ) {
    this.values = new Float64Array(channels);
  }

  /** True if the row is the one before, delivered again. @param receivedMs when it arrived */
  isDouble(values: Float64Array, receivedMs: number): boolean {
    const elapsedMs = receivedMs - this.lastMs;
    const isSame = repeats(values, this.values);
    const isSoon = elapsedMs >= 0 && elapsedMs < soon * this.periodMs;
    if (isSoon && isSame && this.seen >= enough && this.alike < rareShare) return true;
    if (!isSoon && !Number.isNaN(this.lastMs)) {
      this.seen++;
      this.alike += ((isSame ? 1 : 0) - this.alike) * forgetting;
    }
    this.values.set(values);
    this.lastMs = receivedMs;
    return false;
  }

  /**
   * True if a batch is the one before, delivered again. Batches whose rows are all alike are not compared.
   * @param rowOf the values of a row as a text
   */
  isDoubleBatch(count: number, rowOf: (index: number) => string, receivedMs: number): boolean {
    const step = Math.max(1, (count - 1) / (compared - 1));
    const rows: string[] = [];
    for (let i = 0; i < count && rows.length < compared; i += step) rows.push(rowOf(Math.round(i)));
    const print = new Set(rows).size > 1 ? `${count}: ${rows.join(';')}` : '';
    const { batch } = this;
    const elapsedMs = receivedMs - (batch?.receivedMs ?? Number.NEGATIVE_INFINITY);
    const isSoon = elapsedMs >= 0 && elapsedMs < soon * count * this.periodMs;
    if (isSoon && print !== '' && print === batch?.print) return true;
    this.batch = { print, receivedMs };
    return false;
  }
}
