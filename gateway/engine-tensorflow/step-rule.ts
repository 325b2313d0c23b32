import type { Optimiser } from '../task';

/** An optimiser over the planned coordinates, by the same formulas as the engine's own. */
export interface StepRule {
  /** Changes `values` by one step along `gradient`. */
  step(values: Float32Array, gradient: Float32Array, learningRate: number): void;
}

/** @param size planned coordinates */
export function stepRule(optimiser: Optimiser, size: number): StepRule {
  return optimiser.kind === 'sgd' ? sgd(optimiser.momentum, size) : adam(optimiser, size);
}

/** v = momentum v - rate g; w += v, as in Keras. */
function sgd(momentum: number, size: number): StepRule {
  const velocity = new Float32Array(size);
  return {
    step(values, gradient, learningRate) {
      for (let i = 0; i < size; i++) {
        velocity[i] = momentum * velocity[i]! - learningRate * gradient[i]!;
        values[i]! += velocity[i]!;
      }
    },
  };
}

/** Kingma and Ba 2015, Algorithm 1. */
function adam(spec: Extract<Optimiser, { kind: 'adam' }>, size: number): StepRule {
  const { beta1, beta2, epsilon } = spec;
  const mean = new Float32Array(size);
  const spread = new Float32Array(size);
  let taken = 0;
  return {
    step(values, gradient, learningRate) {
      taken++;
      const correction = Math.sqrt(1 - beta2 ** taken);
      const rate = (learningRate * correction) / (1 - beta1 ** taken);
      for (let i = 0; i < size; i++) {
        const g = gradient[i]!;
        mean[i] = beta1 * mean[i]! + (1 - beta1) * g;
        spread[i] = beta2 * spread[i]! + (1 - beta2) * g * g;
        values[i]! -= (rate * mean[i]!) / (Math.sqrt(spread[i]!) + epsilon * correction);
      }
    },
  };
}
