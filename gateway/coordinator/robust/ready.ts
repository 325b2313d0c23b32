import type { Contribution } from '../aggregation/contribution';

/** One over the part of a version that the updates of one gateway make up at most, when they are counted. */
const partOfOne = 3;
/** Gateways that a version is of at least: of two, nobody can say who is right. */
const fewestGateways = 3;

/**
 * The number of the oldest waiting contributions that make a version which is of three gateways, and in which none counts for more
 * than a third, rounded up. What a gateway has sent beyond that is in the version, too, and is not lost. A larger version never
 * needs fewer gateways, or fewer updates of others, than a smaller one.
 * @param enough contributions that the rule asks for; so many wait
 * @param gateways that can be expected to contribute; if they are fewer, so many counted contributions are enough
 * @returns at least `enough`; 0: it waits for other gateways
 */
export function readyOf(
  waiting: readonly Pick<Contribution, 'gateway'>[],
  enough: number,
  gateways: number,
): number {
  const wanted = Math.max(1, Math.min(enough, gateways));
  const most = Math.ceil(wanted / partOfOne);
  const fewest = Math.min(wanted, fewestGateways);
  const counts = new Map<string, number>();
  let counted = 0;
  for (const [i, { gateway }] of waiting.entries()) {
    const count = (counts.get(gateway) ?? 0) + 1;
    counts.set(gateway, count);
    if (count <= most) counted++;
    if (counted >= wanted && counts.size >= fewest) return Math.max(enough, i + 1);
  }
  return 0;
}
