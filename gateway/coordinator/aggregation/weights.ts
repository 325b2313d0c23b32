import type { Aggregation } from '../../task';

/** Smallest weight: none reaches zero, so that every buffer has a mean. */
const smallest = 1e-12;

/** n^q: q = 1 weights by samples, q = 0 weights contributions alike. */
export function sampleWeight(samples: number, exponent: number): number {
  return Math.max(1, samples) ** exponent;
}

/**
 * s(tau), the weight of a contribution that began `age` versions ago: 1 at age 0, never rising.
 * - `polynomial`: (1 + tau)^-alpha; alpha = 1/2 is the weight of FedBuff (Nguyen 2022, arXiv 2106.06639, section 5)
 * - `hinge`: 1 up to `grace`, then 1 / (slope (tau - grace) + 1) (FedAsync: Xie 2019, arXiv 1903.03934, section 5.2)
 * - `exponential`: e^(-rate tau)
 */
export function ageWeight(age: number, rule: Aggregation['age']): number {
  const tau = Math.max(0, age);
  switch (rule.kind) {
    case 'constant':
      return 1;
    case 'polynomial':
      return Math.max(smallest, (1 + tau) ** -rule.alpha);
    case 'hinge':
      return tau <= rule.grace ? 1 : Math.max(smallest, 1 / (rule.slope * (tau - rule.grace) + 1));
    case 'exponential':
      return Math.max(smallest, Math.exp(-rule.rate * tau));
  }
}

/** Share of the median below which a variance is not credible. */
const credible = 1 / 1000;

/**
 * s(v_i) = 1 / (1 + v_i / median of the buffer): 1/2 at the median, nearly 1 far below it. A variance below a thousandth
 * of the median, such as the 0 of a gateway that would like to weigh more, counts as the smallest one that is above. If
 * more than half of the contributions have no variance, the mean replaces the median, and 0 is as good as any; if none
 * has any, all weights are 1.
 */
export function varianceWeights(variances: readonly number[]): number[] {
  const middle = median(variances);
  const least = middle > 0 ? Math.min(...variances.filter((v) => v >= credible * middle)) : 0;
  const scale = middle || mean(variances);
  return variances.map((variance) =>
    scale > 0 ? Math.max(smallest, 1 / (1 + Math.max(variance, least) / scale)) : 1,
  );
}

/** Half to twice the median: a variance is the word of a gateway alone. */
export function boundedByMedian(weights: readonly number[]): number[] {
  const middle = median(weights);
  return weights.map((weight) => Math.min(2 * middle, Math.max(middle / 2, weight)));
}

/** The middle value; of an even number, the mean of the two middle ones. 0 of an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
