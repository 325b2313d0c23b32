import type { Contribution } from './contribution';
import { median } from './weights';

/** Most that one contribution, or one gateway with all of its contributions, weighs: a multiple of the median. */
const mostOfMedian = 4;

/**
 * Limits the weights of a buffer: no contribution weighs more than 4 times the median contribution, and no gateway with
 * all of its contributions together more than 4 times the median gateway. Samples and variance are the word of a gateway
 * alone, and so is how often it sends; without a limit one of three gateways gets nine tenths of the weight by its word.
 * Between two gateways the median is the mean and limits nothing, because nobody can say which of them is right.
 * @param weights at least 0, one per contribution
 * @returns the same array if no weight is above the limits, so that ordinary buffers keep their bits
 */
export function limitWeights(
  contributions: readonly Pick<Contribution, 'gateway'>[],
  weights: readonly number[],
): readonly number[] {
  const limited = limit(weights);
  const sums = new Map<string, number>();
  contributions.forEach(({ gateway }, i) => {
    sums.set(gateway, (sums.get(gateway) ?? 0) + (limited[i] ?? 0));
  });
  if (sums.size === contributions.length) return limited;
  const totals = [...sums.values()];
  const limitedTotals = limit(totals);
  if (limitedTotals === totals) return limited;
  const factors = new Map([...sums.keys()].map((gateway, i) => [gateway, limitedTotals[i]! / totals[i]!]));
  return limited.map((weight, i) => weight * (factors.get(contributions[i]?.gateway ?? '') ?? 1));
}

function limit(weights: readonly number[]): readonly number[] {
  const most = mostOfMedian * median(weights.filter((weight) => weight > 0));
  return weights.some((weight) => weight > most) ? weights.map((weight) => Math.min(weight, most)) : weights;
}
