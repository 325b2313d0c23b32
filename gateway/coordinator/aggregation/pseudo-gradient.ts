import type { Segment } from '../../model';
import { portionsOf, unionSegments } from '../../model';
import type { Resumable } from '../../platform';
import type { Contribution } from './contribution';

/**
 * The pseudo-gradient of a buffer (Reddi 2021): one number per coordinate, in the direction in which its contributions
 * move the model. Reused from buffer to buffer; only the coordinates in `held` are meaningful. It is calculated in steps
 * of a bounded number of coordinates.
 */
export class PseudoGradient {
  /** The weighted mean of the deltas that hold the coordinate, `[size]`. */
  readonly values: Float64Array;
  /** The coordinates that at least one contribution held, ascending and merged. */
  held: readonly Segment[] = [];
  /** Sum of the divisors behind each coordinate, `[size]`. */
  private readonly weight: Float64Array;

  constructor(size: number) {
    this.values = new Float64Array(size);
    this.weight = new Float64Array(size);
  }

  /**
   * Sets `values` to the mean of the contributions' deltas, coordinate by coordinate over those whose plan holds it:
   * sum_i a_i delta_i / sum_i a_i. Dividing by the sum of the weights (not by the number of contributions) is what
   * keeps the step's length the same whatever the weights are.
   * @param weights a_i > 0, one per contribution; only their ratios matter
   * @param divisors b_i > 0 in place of the a_i of the denominator: sum_i a_i delta_i / sum_i b_i. With all b_i = 1 the
   *        sum is divided by the number of contributions that hold the coordinate, and low weights shorten the step.
   */
  *mean(
    contributions: readonly Contribution[],
    weights: readonly number[],
    divisors: readonly number[] = weights,
  ): Resumable<void> {
    const { values, weight } = this;
    this.held = unionSegments(contributions.map(({ segments }) => segments));
    yield;
    // Scaled to a largest divisor of 1: no overflow, whatever unit the weights have.
    const largest = divisors.reduce((max, b) => Math.max(max, b), 0);
    // Contributions of one plan have the same divisor at every coordinate.
    const isOnePlan = contributions.every(({ segments }) => segments === contributions[0]?.segments);
    const divisor = isOnePlan ? divisors.reduce((sum, b) => sum + b / largest, 0) : 0;
    for (const { offset, length } of this.held) {
      values.fill(0, offset, offset + length);
      weight.fill(divisor, offset, offset + length);
    }
    yield;
    for (const [index, { segments, delta }] of contributions.entries()) {
      const a = (weights[index] ?? 0) / largest;
      const b = (divisors[index] ?? 0) / largest;
      let at = 0;
      for (const portion of portionsOf(segments)) {
        at = this.add(portion, delta, at, a);
        if (!isOnePlan) this.addDivisor(portion, b);
        yield;
      }
    }
    for (const portion of portionsOf(this.held)) {
      this.divide(portion);
      yield;
    }
  }

  /**
   * Sets `values` to the weighted sum of the deltas over one divisor: a coordinate that few plans hold has a short step.
   * @param weights a_i, one per contribution
   */
  *sum(contributions: readonly Contribution[], weights: readonly number[], divisor: number): Resumable<void> {
    const { values, weight } = this;
    this.held = unionSegments(contributions.map(({ segments }) => segments));
    for (const { offset, length } of this.held) {
      values.fill(0, offset, offset + length);
      weight.fill(1, offset, offset + length);
    }
    yield;
    for (const [index, { segments, delta }] of contributions.entries()) {
      let at = 0;
      for (const portion of portionsOf(segments)) {
        at = this.add(portion, delta, at, (weights[index] ?? 0) / divisor);
        yield;
      }
    }
  }

  /** Adds noise to the coordinates that are held. @param normals `[size]` @param deviation that they are multiplied with */
  *addNoise(normals: Float64Array, deviation: number): Resumable<void> {
    const { values } = this;
    for (const portion of portionsOf(this.held)) {
      for (const { offset, length } of portion) {
        for (let i = offset; i < offset + length; i++) values[i]! += deviation * normals[i]!;
      }
      yield;
    }
  }

  /**
   * Subtracts the mean of other values, after `mean` of the same contributions with the same weights.
   * @param valuesOf the values of a contribution, on the coordinates of its plan, concatenated
   */
  *subtractMean(
    contributions: readonly Contribution[],
    valuesOf: (contribution: Contribution) => ArrayLike<number>,
    weights: readonly number[],
  ): Resumable<void> {
    const { values, weight } = this;
    const largest = Math.max(...weights);
    for (const [index, contribution] of contributions.entries()) {
      const other = valuesOf(contribution);
      const a = (weights[index] ?? 0) / largest;
      let at = 0;
      for (const portion of portionsOf(contribution.segments)) {
        for (const { offset, length } of portion) {
          for (let i = offset; i < offset + length; i++) values[i]! -= (a * other[at++]!) / weight[i]!;
        }
        yield;
      }
    }
  }

  /**
   * Sets `values` to the result of mixing the deltas in one after the other, coordinate by coordinate over those whose
   * plan holds it: d = (1 - a_i) d + a_i delta_i, from 0.
   * @param mixing a_i in (0, 1], one per contribution
   */
  *mix(contributions: readonly Contribution[], mixing: readonly number[]): Resumable<void> {
    const { values } = this;
    this.held = unionSegments(contributions.map(({ segments }) => segments));
    for (const { offset, length } of this.held) values.fill(0, offset, offset + length);
    for (const [index, { segments, delta }] of contributions.entries()) {
      const a = mixing[index] ?? 0;
      let at = 0;
      for (const portion of portionsOf(segments)) {
        for (const { offset, length } of portion) {
          for (let i = offset; i < offset + length; i++) values[i]! += a * (delta[at++]! - values[i]!);
        }
        yield;
      }
    }
  }

  /** Sets the values of all held coordinates to 0: no step. */
  *clear(): Resumable<void> {
    for (const portion of portionsOf(this.held)) {
      for (const { offset, length } of portion) this.values.fill(0, offset, offset + length);
      yield;
    }
  }

  /**
   * Scales the values by coverage, after `mean`: a coordinate whose weight is below the mean weight of all held
   * coordinates is multiplied with its share of that mean. If plans differ, some coordinates are held by few of a
   * buffer's contributions, or by old ones: the mean over n of K is noisier than over K by K / n, and at full length it
   * makes a model swing until it breaks down. In proportion, no coordinate's noise is above that of an average one.
   * Contributions of one plan stay as they are, to the bit.
   */
  *scaleByCoverage(): Resumable<void> {
    const { values, weight, held } = this;
    let least = Infinity;
    let most = 0;
    let sum = 0;
    let count = 0;
    for (const portion of portionsOf(held)) {
      for (const { offset, length } of portion) {
        for (let i = offset; i < offset + length; i++) {
          const w = weight[i]!;
          if (w < least) least = w;
          if (w > most) most = w;
          sum += w;
        }
        count += length;
      }
      yield;
    }
    if (!(most > least)) return;
    const mean = sum / count;
    for (const portion of portionsOf(held)) {
      for (const { offset, length } of portion) {
        for (let i = offset; i < offset + length; i++) {
          if (weight[i]! < mean) values[i]! *= weight[i]! / mean;
        }
      }
      yield;
    }
  }

  /**
   * Adds a portion of a delta to the numerator of the mean, times a. A method of its own so that its loop is compiled
   * once.
   * @returns the offset in the delta at which the next portion begins
   */
  private add(portion: readonly Segment[], delta: Float32Array, from: number, a: number): number {
    const { values } = this;
    let at = from;
    for (const { offset, length } of portion) {
      for (let i = offset; i < offset + length; i++) values[i]! += a * delta[at++]!;
    }
    return at;
  }

  /** Adds b to the denominator of the mean. */
  private addDivisor(portion: readonly Segment[], b: number): void {
    const { weight } = this;
    for (const { offset, length } of portion) {
      for (let i = offset; i < offset + length; i++) weight[i]! += b;
    }
  }

  private divide(portion: readonly Segment[]): void {
    const { values, weight } = this;
    for (const { offset, length } of portion) {
      for (let i = offset; i < offset + length; i++) {
        if (weight[i]! > 0) values[i]! /= weight[i]!;
      }
    }
  }
}
