import { type Spread, spreadOf } from '../../support/statistics';

/**
 * Ratio of `ours` to `theirs`, paired by seed, so that a seed that is hard for both does not count: the geometric mean of
 * the ratios, and the deviation of their logarithms as a factor minus one. Seeds that one of the two lacks are left out;
 * undefined if none remains.
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

/** Difference `theirs` - `ours`, paired by seed. Undefined if no seed has both. */
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
