import type { Aggregation, Optimiser, Training } from '../../task';
import type { Contribution } from './contribution';

/** Factors by which the contributions' deltas are multiplied, one per contribution; `weights` are the rule's. */
export type StepScaling = (
  contributions: readonly Contribution[],
  weights: readonly number[],
) => readonly number[];

/**
 * Normalised averaging, FedNova (Wang 2020, arXiv 2007.07481, section 4): gateways that made different numbers of local
 * steps pull the mean towards the optima of those that made many, so each delta is taken as a direction, delta_i / a_i
 * with a_i its effective steps, and all of them get the weighted mean length: the factor is a_eff / a_i with a_eff =
 * sum_i w_i a_i / sum_i w_i. Equal steps change nothing. The mean is over the whole buffer, whatever coordinates each
 * plan holds. Gateways report their own steps: no delta is scaled beyond `maxNorm`, the limit of every delta, so
 * reporting few steps for a long delta gains nothing. Undefined if deltas are taken as they are.
 */
export function stepScaling({ steps, maxNorm }: Aggregation, training?: Training): StepScaling | undefined {
  if (!training || steps === 'keep') return undefined;
  if (steps === 'auto' && training.round.kind === 'epochs') return undefined;
  return (contributions, weights) => {
    const lengths = contributions.map(({ steps: made }) => effectiveSteps(made, training.optimiser));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = lengths.reduce((sum, length, i) => sum + length * ((weights[i] ?? 0) / total), 0);
    return contributions.map(({ delta }, i) => Math.min(mean / lengths[i]!, largestFactor(delta, maxNorm)));
  };
}

/** The largest factor that leaves the delta within the norm, at least 1. */
function largestFactor(delta: Float32Array, maxNorm: number): number {
  let squares = 0;
  for (let i = 0; i < delta.length; i++) squares += delta[i]! * delta[i]!;
  return Math.max(1, maxNorm / Math.sqrt(squares));
}

/**
 * ||a_i||_1 of FedNova, the length of tau local steps in units of one gradient: tau for plain SGD; with momentum rho
 * (tau - rho (1 - rho^tau) / (1 - rho)) / (1 - rho), since each gradient keeps moving the model. Adam's steps have about
 * the same length each: tau.
 */
export function effectiveSteps(steps: number, optimiser: Optimiser): number {
  const tau = Math.max(1, steps);
  const rho = optimiser.kind === 'sgd' ? optimiser.momentum : 0;
  return (tau - (rho * (1 - rho ** tau)) / (1 - rho)) / (1 - rho);
}

/** The weights of a mean's numerator: the rule's, scaled if there is a scaling. */
export function scaled(
  weights: readonly number[],
  contributions: readonly Contribution[],
  scaling: StepScaling | undefined,
): readonly number[] {
  if (!scaling) return weights;
  const factors = scaling(contributions, weights);
  return weights.map((weight, i) => weight * (factors[i] ?? 1));
}
