import type { RoundEnd } from '../optimisers/optimiser';
import type { TrainingPlan } from '../parameters/training-plan';
import type { TrainingParts } from './compile';
import type { ArenaProgram } from './program';

/** The change since the parameters were loaded, which is undone. */
export function takeDelta(
  { floats, compiled }: ArenaProgram,
  plan: TrainingPlan,
  loaded: Float32Array,
): Float32Array {
  const delta = new Float32Array(plan.size);
  for (const { buffer, at, planned, flat, length } of compiled.parameters.runs()) {
    const first = (buffer.offset + at) >> 2;
    for (let i = 0; i < length; i++) {
      const before = loaded[flat + i]!;
      delta[planned + i] = floats[first + i]! - before;
      floats[first + i] = before;
    }
  }
  return delta;
}

/**
 * Spread of the gradients of a round relative to their mean: see `TrainResult.gradientVariance`.
 * @param squares sum of the squared norms of the gradients of all steps
 */
export function relativeVariance(
  { plan, optimiser }: TrainingParts,
  delta: Float32Array,
  end: RoundEnd,
  steps: number,
  squares: number,
): number {
  let mean = 0; // squared norm of the mean gradient
  if (steps >= 2) {
    for (let i = 0; i < plan.size; i++) mean += (optimiser.gradientSum(end, i, delta[i]!) / steps) ** 2;
  }
  return mean > 0 ? Math.max(0, (squares / steps - mean) / mean) : 0;
}
