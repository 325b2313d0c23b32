/** The facts about what a gateway has in a buffer that trust follows from. */
export interface Evidence {
  /** Median of its cosines to the contributions of other gateways in its buffer; undefined: there are none. */
  readonly peers: number | undefined;
  /** Cosine of its angle to the direction of the fleet; undefined: there is none yet. If both are, it moves nothing. */
  readonly direction: number | undefined;
  /** Whether it is at least as long as usual. */
  readonly isLong: boolean;
  /** Distance by which it moves the model: its length times the weight that the rule gives it, 1 for a usual contribution. */
  readonly pull: number;
}

/**
 * The facts about all contributions of a gateway in a buffer: one piece of evidence, however many they are. One that moves the
 * model further says more: a short honest one does not stand for a long hostile one.
 */
export function together(compared: readonly Evidence[]): Evidence {
  return {
    peers: meanOf(compared, ({ peers }) => peers),
    direction: meanOf(compared, ({ direction }) => direction),
    isLong: compared.some(({ isLong }) => isLong),
    pull: compared.reduce((sum, { pull }) => sum + pull, 0),
  };
}

/** The mean of a fact, weighted by pull, over those that have it; undefined: none has. */
function meanOf(compared: readonly Evidence[], factOf: (one: Evidence) => number | undefined) {
  const known = compared.filter((one) => factOf(one) !== undefined && one.pull > 0);
  if (known.length === 1) return factOf(known[0]!);
  const most = Math.max(...known.map(({ pull }) => pull));
  const weights = known.map(({ pull }) => pull / most);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return known.length > 0
    ? known.reduce((sum, one, i) => sum + (weights[i]! / total) * factOf(one)!, 0)
    : undefined;
}
