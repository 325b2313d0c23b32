/** Gateways below which nothing is said: each of two could calculate what the other one has. */
const fewestGateways = 3;

/** Windows of a gateway by label, and the weight of each of them. */
export interface WeightedCounts {
  readonly counts: readonly number[];
  readonly scale: number;
}

/**
 * The shares of the labels over all gateways. A label that nobody has reported counts as one window, so that no share is
 * zero. Undefined with fewer than three gateways.
 */
export function labelShares(gateways: readonly WeightedCounts[], labels: number): number[] | undefined {
  if (gateways.length < fewestGateways || labels === 0) return undefined;
  const counts = new Array<number>(labels).fill(1);
  for (const gateway of gateways)
    gateway.counts.forEach((count, label) => {
      counts[label]! += count * gateway.scale;
    });
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}
