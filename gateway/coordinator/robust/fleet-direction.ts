import { portionsOf } from '../../model';
import { type Resumable, YieldBudget } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import { cosineOf, portion, product } from './product';
import { perRun, sharedRuns } from './shared-runs';

/** Share of the direction that a new buffer leaves as it was. */
const memory = 0.9;

/** The part of a contribution in the way of the fleet. */
export interface Part {
  /** Factor for its weight; 0: it has none. */
  readonly weight: number;
  /** Factor for its delta. */
  readonly length: number;
}

/**
 * The way in which the fleet moves the model: the exponential mean of the buffers' mean deltas, coordinate by
 * coordinate over the contributions that hold it. One buffer may be half hostile by chance; the mean of many is not. Samples
 * and variance do not count: they are the word of a gateway alone.
 */
export class FleetDirection {
  /** The mean with the zeros that it began with, `[size]`: a cosine asks for no scale. */
  private readonly sums: Float32Array;

  constructor(size: number) {
    this.sums = new Float32Array(size);
  }

  /** Adds a buffer. @param parts of its contributions; absent: all weigh 1 and are as long as they are */
  *add(contributions: readonly Contribution[], parts?: readonly Part[]): Resumable<void> {
    const { sums } = this;
    const partOf = (i: number): Part => parts?.[i] ?? { weight: 1, length: 1 };
    const counted = contributions.filter((_, i) => partOf(i).weight > 0);
    const counts = contributions.map((_, i) => partOf(i)).filter(({ weight }) => weight > 0);
    const scratch = new Float64Array(portion);
    const pause = new YieldBudget();
    const ofRun = perRun * contributions.length;
    for (const { offset, length, holders } of sharedRuns(counted)) {
      if (pause.after(ofRun)) yield;
      const total = holders.reduce((sum, { index }) => sum + counts[index]!.weight, 0);
      const shares = holders.map(
        ({ index }) => ((1 - memory) * counts[index]!.weight * counts[index]!.length) / total,
      );
      for (let from = 0; from < length; from += portion) {
        const count = Math.min(length - from, portion);
        for (let i = 0; i < count; i++) scratch[i] = memory * sums[offset + from + i]!;
        for (const [k, { delta, at }] of holders.entries()) {
          const share = shares[k]!;
          for (let i = 0; i < count; i++) scratch[i]! += share * delta[at + from + i]!;
        }
        for (let i = 0; i < count; i++) sums[offset + from + i] = scratch[i]!;
        if (pause.after(count * holders.length)) yield;
      }
    }
  }

  /**
   * Compares a contribution with it: the cosine of the angle between the two, on the parameters of its plan. Undefined if
   * one of them is 0 there.
   */
  *compare({ segments, delta }: Contribution): Resumable<number | undefined> {
    const { sums } = this;
    const [ours, theirs] = [new Float64Array(portion), new Float64Array(portion)];
    let [at, shared, own, other] = [0, 0, 0, 0];
    for (const paused of portionsOf(segments)) {
      for (const { offset, length } of paused) {
        for (let from = offset; from < offset + length; from += portion) {
          const count = Math.min(offset + length - from, portion);
          for (let i = 0; i < count; i++) ours[i] = sums[from + i]!;
          for (let i = 0; i < count; i++) theirs[i] = delta[at + i]!;
          shared += product(ours, theirs, count);
          own += product(theirs, theirs, count);
          other += product(ours, ours, count);
          at += count;
        }
      }
      yield;
    }
    return cosineOf(shared, own, other);
  }

  /** For the checkpoint: the sums, `[size]`. */
  get array(): Float32Array {
    return this.sums.slice();
  }

  /** An array of another length is that of another model: the direction restarts. */
  restore(array?: Float32Array): void {
    if (array?.length === this.sums.length && array.every(Number.isFinite)) this.sums.set(array);
    else this.sums.fill(0);
  }
}
