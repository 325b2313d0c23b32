import type { Segment } from '../../task';
import type { Contribution } from '../contribution';
import { unionSegments } from '../segments';

/**
 * Where a buffer wants the model to go: one number a coordinate, the pseudo-gradient of Reddi 2021. Reused from
 * buffer to buffer; only the coordinates in `held` mean anything.
 */
export class Direction {
  /** The weighted mean of the deltas that hold the coordinate, `[size]`. */
  readonly values: Float64Array;
  /** The coordinates that at least one contribution held, ascending and merged. */
  held: readonly Segment[] = [];
  /** Sum of the weights behind each coordinate, `[size]`. */
  private readonly weight: Float64Array;

  constructor(size: number) {
    this.values = new Float64Array(size);
    this.weight = new Float64Array(size);
  }

  /**
   * Sets `values` to the mean of the contributions' deltas, coordinate by coordinate over those whose plan holds it:
   * sum_i a_i delta_i / sum_i a_i. Dividing by the sum of the weights (not by the number of contributions) is what
   * keeps the step's length the same whatever the weights are.
   * @param weights a_i > 0, one a contribution; only their ratios matter
   */
  mean(contributions: readonly Contribution[], weights: readonly number[]): void {
    const { values, weight } = this;
    this.held = unionSegments(contributions.map(({ segments }) => segments));
    for (const { offset, length } of this.held) {
      values.fill(0, offset, offset + length);
      weight.fill(0, offset, offset + length);
    }
    // Largest weight 1: no overflow, whatever units the weights come in.
    const largest = weights.reduce((max, a) => Math.max(max, a), 0);
    contributions.forEach(({ segments, delta }, index) => {
      const a = (weights[index] ?? 0) / largest;
      let at = 0;
      for (const { offset, length } of segments) {
        for (let i = offset; i < offset + length; i++) {
          values[i]! += a * delta[at++]!;
          weight[i]! += a;
        }
      }
    });
    for (const { offset, length } of this.held) {
      for (let i = offset; i < offset + length; i++) {
        if (weight[i]! > 0) values[i]! /= weight[i]!;
      }
    }
  }
}
