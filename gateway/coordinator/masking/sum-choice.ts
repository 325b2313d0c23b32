import { mostListed } from '../../masking';
import type { Contribution } from '../aggregation/contribution';

/**
 * The contributions of a sum, oldest first: as many as are asked for and those between, so that they are of enough gateways. If
 * these are too many for a sum, the oldest one of each of as many gateways as are needed, and the oldest others.
 * @param contributions that wait, oldest first
 * @returns none if they are of too few gateways
 */
export function chooseForSum(
  contributions: readonly Contribution[],
  count: number,
  fewest: number,
): readonly Contribution[] {
  const seen = new Set<string>();
  const needed = new Set<number>();
  contributions.forEach(({ gateway }, index) => {
    if (seen.size >= fewest || seen.has(gateway)) return;
    seen.add(gateway);
    needed.add(index);
  });
  if (seen.size < fewest) return [];
  const size = Math.min(mostListed, Math.max(count, Math.max(...needed) + 1));
  let room = size - needed.size;
  return contributions.filter((_, index) => needed.has(index) || room-- > 0);
}
