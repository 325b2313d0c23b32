/** The value below which a share of the values lies (nearest rank). NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** The median, which noise of the machine hardly moves. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The mean. NaN without values. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean and standard deviation of a sample. NaN without values; deviation 0 for a single value. */
export function spreadOf(values: readonly number[]): Spread {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return {
    mean: middle,
    deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0,
    runs: values.length,
  };
}

/** Mean and standard deviation of some runs. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
  readonly runs: number;
}

/**
 * Area under the ROC curve: the probability that a random positive scores above a random negative, ties counted half.
 * NaN without positives or negatives, or if a score is NaN.
 */
export function areaUnderCurve(scores: readonly number[], positive: readonly boolean[]): number {
  if (scores.some(Number.isNaN)) return Number.NaN;
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  const positives = positive.filter(Boolean).length;
  const negatives = scores.length - positives;
  let ranks = 0;
  for (let i = 0; i < order.length; ) {
    let end = i + 1;
    while (end < order.length && scores[order[end]!] === scores[order[i]!]) end++;
    for (let j = i; j < end; j++) if (positive[order[j]!]) ranks += (i + end + 1) / 2;
    i = end;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
