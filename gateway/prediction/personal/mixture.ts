import { type Resumable, runAsync, YieldBudget, yieldToEventLoop } from '../../platform';

/** Weights of the adapted parameters that are tried; the shared ones have the rest. The smallest comes first. */
export const mixtures = [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1] as const;

/**
 * Parameters between two models: shared + mixture x change, in a new vector. It pauses for the event loop.
 * @param change adapted minus shared, flat
 */
export const mixed = (shared: Float32Array, change: Float32Array, mixture: number): Promise<Float32Array> =>
  runAsync(steps(shared, change, mixture), yieldToEventLoop);

function* steps(shared: Float32Array, change: Float32Array, mixture: number): Resumable<Float32Array> {
  const result = new Float32Array(shared.length);
  const budget = new YieldBudget();
  for (let i = 0; i < result.length; i++) {
    result[i] = shared[i]! + mixture * change[i]!;
    if (budget.after(1)) yield;
  }
  return result;
}
