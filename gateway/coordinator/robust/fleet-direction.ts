import { portionsOf } from '../../model';
import { type Resumable, YieldBudget } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import { sharedRuns } from './shared-runs';

/** Share of the direction that a new buffer leaves as it was. */
const memory = 0.9;

/**
 * The way in which the fleet moves the model: the exponential mean of the buffers' mean deltas, coordinate by
 * coordinate over the contributions that hold it. One buffer may be half hostile by chance; the mean of many is not. Samples
 * and variance do not count: they are the word of a gateway alone.
 */
export class FleetDirection {
  /** Not yet divided by `filled`, `[size]`. */
  private readonly sums: Float32Array;
  /** Share of the mean that is of buffers, and not of the zeros it began with. */
  private filled = 0;

  constructor(size: number) {
    this.sums = new Float32Array(size);
  }

  /** Adds a buffer. @param factors for the weights of its contributions; absent: all are 1 */
  *add(contributions: readonly Contribution[], factors?: readonly number[]): Resumable<void> {
    const { sums } = this;
    const counts = (factor: number) => factor > 0;
    const all = factors ?? contributions.map(() => 1);
    const counted = contributions.filter((_, i) => counts(all[i]!));
    const weights = all.filter(counts);
    const pause = new YieldBudget();
    for (const { offset, length, holders } of sharedRuns(counted)) {
      const total = holders.reduce((sum, { index }) => sum + weights[index]!, 0);
      const shares = holders.map(({ index }) => ((1 - memory) * weights[index]!) / total);
      for (let i = 0; i < length; i++) {
        let sum = memory * sums[offset + i]!;
        for (let k = 0; k < holders.length; k++) {
          const { delta, at } = holders[k]!;
          sum += shares[k]! * delta[at + i]!;
        }
        sums[offset + i] = sum;
        if (pause.after(holders.length)) yield;
      }
    }
    this.filled = Math.fround(memory * this.filled + (1 - memory));
  }

  /**
   * Compares a contribution with it: the cosine of the angle between the two, on the parameters of its plan. Undefined if
   * one of them is 0 there.
   */
  *compare({ segments, delta }: Contribution): Resumable<number | undefined> {
    const { sums } = this;
    let [at, product, own, other] = [0, 0, 0, 0];
    for (const portion of portionsOf(segments)) {
      for (const { offset, length } of portion) {
        for (let i = offset; i < offset + length; i++) {
          const v = sums[i]!;
          const d = delta[at++]!;
          product += v * d;
          own += d * d;
          other += v * v;
        }
      }
      yield;
    }
    const lengths = Math.sqrt(own) * Math.sqrt(other);
    return lengths > 0 ? Math.max(-1, Math.min(1, product / lengths)) : undefined;
  }

  /** For the checkpoint: the sums, and the share that is filled as the last number, `[size + 1]`. */
  get array(): Float32Array {
    const array = new Float32Array(this.sums.length + 1);
    array.set(this.sums);
    array[this.sums.length] = this.filled;
    return array;
  }

  /** An array of another length is that of another model: the direction restarts. */
  restore(array?: Float32Array): void {
    const size = this.sums.length;
    const filled = array?.length === size + 1 ? array[size]! : 0;
    const isWhole = filled > 0 && filled <= 1 && array!.every((value) => Number.isFinite(value));
    this.filled = isWhole ? filled : 0;
    if (isWhole) this.sums.set(array!.subarray(0, size));
    else this.sums.fill(0);
  }
}
