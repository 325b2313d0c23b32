import type { Aggregation, Optimiser, Training } from '../../task';
import type { Contribution } from './contribution';

/** What to multiply each contribution's delta by, one factor each; `weights` are what the rule gives them. */
export type StepScaling = (
  contributions: readonly Contribution[],
  weights: readonly number[],
) => readonly number[];

/**
 * Normalised averaging, FedNova (Wang 2020, arXiv 2007.07481, section 4): gateways that made different numbers of local
 * steps pull the mean towards the optima of those that made many, so each delta is taken as a direction, delta_i / a_i
 * with a_i its effective steps, and all of them go the weighted mean length: the factor is a_eff / a_i with a_eff =
 * sum_i w_i a_i / sum_i w_i. Equal steps change nothing. The mean goes over the whole buffer, whatever coordinates each
 * plan holds. Steps are what a gateway says: none is scaled beyond `maxNorm`, which its delta was held against, so few
 * steps said of a long delta win nothing. Undefined where deltas are taken as they are.
 */
export function stepScaling({ steps, maxNorm }: Aggregation, training?: Training): StepScaling | undefined {
  if (!training || steps === 'keep') return undefined;
  if (steps === 'auto' && training.round.kind === 'epochs') return undefined;
  return (contributions, weights) => {
    const lengths = contributions.map(({ steps: made }) => effectiveSteps(made, training.optimiser));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = lengths.reduce((sum, length, i) => sum + length * ((weights[i] ?? 0) / total), 0);
    return contributions.map(({ delta }, i) => Math.min(mean / lengths[i]!, longest(delta, maxNorm)));
  };
}

/** The largest factor that leaves the delta within the norm; a delta that is longer by itself stays as it is. */
function longest(delta: Float32Array, maxNorm: number): number {
  let squares = 0;
  for (let i = 0; i < delta.length; i++) squares += delta[i]! * delta[i]!;
  return Math.max(1, maxNorm / Math.sqrt(squares));
}

/**
 * ||a_i||_1 of FedNova, how far tau local steps go in units of one gradient: tau for plain SGD; with momentum rho
 * (tau - rho (1 - rho^tau) / (1 - rho)) / (1 - rho), since a gradient goes on moving the model. Adam's steps are about
 * of one length each: tau.
 */
export function effectiveSteps(steps: number, optimiser: Optimiser): number {
  const tau = Math.max(1, steps);
  const rho = optimiser.kind === 'sgd' ? optimiser.momentum : 0;
  return (tau - (rho * (1 - rho ** tau)) / (1 - rho)) / (1 - rho);
}

/** The weights above the line of a mean: with the scaling, if there is one. */
export function scaled(
  weights: readonly number[],
  contributions: readonly Contribution[],
  scaling: StepScaling | undefined,
): readonly number[] {
  if (!scaling) return weights;
  const factors = scaling(contributions, weights);
  return weights.map((weight, i) => weight * (factors[i] ?? 1));
}
