import type { ContributionWeight } from './aggregator';
import type { Contribution } from './contribution';

/** tau_i = version - baseVersion, in versions; at least 0. */
export function agesOf(contributions: readonly Contribution[], version: number): number[] {
  return contributions.map(({ baseVersion }) => Math.max(0, version - baseVersion));
}

/**
 * The weights times the factors of the buffer.
 * @returns the weights themselves if there are no factors, or nothing would be left of the weights
 */
export function withFactors(
  weights: readonly number[],
  factors: readonly number[] | undefined,
): readonly number[] {
  if (!factors) return weights;
  const products = weights.map((weight, i) => weight * (factors[i] ?? 1));
  return products.some((weight) => weight > 0) ? products : weights;
}

/** Weights over the sum of the divisors. @param divisors not all 0 */
export function sharesOf(weights: readonly number[], divisors: readonly number[] = weights): number[] {
  const sum = divisors.reduce((total, divisor) => total + divisor, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * The weights of a buffer's contributions, as a rule reports them.
 * @param weights at least 0, and not all of them 0; the result has them as shares that add up to 1
 */
export function contributionWeights(
  ages: readonly number[],
  weights: readonly number[],
  variances: readonly number[],
): ContributionWeight[] {
  return sharesOf(weights).map((share, i) => ({ age: ages[i] ?? 0, variance: variances[i] ?? 0, share }));
}
