import type { TrainResult } from '../../../gateway/engine';
import { sketchBuckets } from '../../../gateway/engine/optimisers/sgd-in-place';

/** Mean squared norm of the gradients over that of their mean, of a round where both are known: `got` over `wanted`, less 1. */
export const sketchError = (got: TrainResult, wanted: TrainResult) =>
  (1 + got.gradientVariance) / (1 + wanted.gradientVariance) - 1;

/** Standard deviation of that error: of one sketch sqrt(2 / buckets), and each step has its own. */
export const sketchDeviation = (steps: number) => Math.sqrt(2 / (sketchBuckets * steps));

/** Asserts that a variance out of sketches is within `deviations` standard deviations of the exact one. */
export function assertSketched(got: TrainResult, wanted: TrainResult, deviations: number): void {
  const [error, allowed] = [sketchError(got, wanted), deviations * sketchDeviation(wanted.steps)];
  if (!(Math.abs(error) <= allowed)) {
    throw new Error(`variance is ${got.gradientVariance}, expected ${wanted.gradientVariance}: ${error}`);
  }
}
