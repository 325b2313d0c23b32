/** Mean and standard deviation over paired seeds. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
  readonly runs: number;
}

/** NaN without values; deviation 0 of a single one. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0,
    runs: values.length,
  };
}

/**
 * How `ours` compares with `theirs` seed by seed, so that what a seed makes hard for both does not count: the geometric
 * mean of the ratios, with the deviation of their logarithms as a factor less one. Seeds that one of the two lacks are
 * left out; undefined where none is left.
 */
export function pairedRatio(
  ours: ReadonlyMap<number, number>,
  theirs: ReadonlyMap<number, number>,
): Spread | undefined {
  const logarithms = paired(ours, theirs, (a, b) => Math.log(a / b));
  if (logarithms.length === 0) return undefined;
  const { mean, deviation, runs } = spreadOf(logarithms);
  return { mean: Math.exp(mean), deviation: Math.exp(deviation) - 1, runs };
}

/** Difference `theirs` - `ours`, seed by seed. Undefined where no seed has both. */
export function pairedLoss(
  ours: ReadonlyMap<number, number>,
  theirs: ReadonlyMap<number, number>,
): Spread | undefined {
  const losses = paired(ours, theirs, (a, b) => b - a);
  return losses.length === 0 ? undefined : spreadOf(losses);
}

function paired(
  ours: ReadonlyMap<number, number>,
  theirs: ReadonlyMap<number, number>,
  of: (ours: number, theirs: number) => number,
): number[] {
  return [...ours].flatMap(([seed, value]) => {
    const other = theirs.get(seed);
    return other === undefined ? [] : [of(value, other)];
  });
}
