/** The facts about what a gateway has in a buffer that trust follows from. */
export interface Evidence {
  /** Median of its cosines to the contributions of other gateways in its buffer; undefined: there are none. */
  readonly peers: number | undefined;
  /** Cosine of its angle to the direction of the fleet; undefined: there is none yet. If both are, it moves nothing. */
  readonly direction: number | undefined;
  /** Whether it is at least as long as usual. */
  readonly isLong: boolean;
}

/** The facts about one contribution, with the length by which it moves the model. */
export interface Compared extends Evidence {
  readonly length: number;
}

/**
 * The facts about all contributions of a gateway in a buffer: one piece of evidence, however many they are. The longer one
 * says more, as it moves more: a short honest one does not stand for a long hostile one.
 */
export function together(compared: readonly Compared[]): Evidence {
  return {
    peers: meanOf(compared, ({ peers }) => peers),
    direction: meanOf(compared, ({ direction }) => direction),
    isLong: compared.some(({ isLong }) => isLong),
  };
}

/** The mean of a fact, weighted by length, over those that have it; undefined: none has. */
function meanOf(compared: readonly Compared[], factOf: (one: Compared) => number | undefined) {
  const known = compared.filter((one) => factOf(one) !== undefined && one.length > 0);
  if (known.length === 1) return factOf(known[0]!);
  const longest = Math.max(...known.map(({ length }) => length));
  const weights = known.map(({ length }) => length / longest);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return known.length > 0
    ? known.reduce((sum, one, i) => sum + (weights[i]! / total) * factOf(one)!, 0)
    : undefined;
}
