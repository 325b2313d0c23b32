/** A share with the interval that holds the true one in 95 of 100 samples, all from 0 to 1. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Quantile of the normal distribution for 95 %. */
export const z95 = 1.959964;

/**
 * The score interval of Wilson (1927, J. Am. Stat. Assoc. 22) at 95 % for a share of `hits` in `count`. Unlike the usual
 * interval it is right for few samples and for shares near 0 and 1.
 */
export function wilsonInterval(hits: number, count: number): Interval {
  if (count === 0) return { low: 0, high: 1 };
  const share = hits / count;
  const squared = z95 * z95;
  const centre = share + squared / (2 * count);
  const half = z95 * Math.sqrt((share * (1 - share)) / count + squared / (4 * count * count));
  const scale = 1 + squared / count;
  return { low: Math.max(0, (centre - half) / scale), high: Math.min(1, (centre + half) / scale) };
}

/**
 * The variance of a share of `hits` in `count`, with two hits and two misses added (Agresti and Coull 1998, Am. Stat. 52):
 * with no miss or no hit the observed one is 0, whatever the count.
 */
export function shareVariance(hits: number, count: number): number {
  const share = (hits + 2) / (count + 4);
  return (share * (1 - share)) / (count + 4);
}
