import { normalTail } from './normal';

/** Epsilon beyond which a budget protects nothing. Searches end there. */
export const largestEpsilon = 1e4;

/**
 * Sensitivity over noise of several releases with Gaussian noise, taken together: several are exactly one.
 * @param times releases that one contributor is part of
 * @param noise standard deviation of the noise of a release over the most that a contributor can change it by
 */
export const composedMu = (times: number, noise: number): number => Math.sqrt(times) / noise;

/**
 * The smallest delta for an epsilon (Balle and Wang 2018, arXiv 1805.06530, theorem 8).
 * @param mu sensitivity over noise
 */
export function gaussianDelta(mu: number, epsilon: number): number {
  if (mu === 0) return 0;
  const gain = normalTail(epsilon / mu - mu / 2);
  const loss = Math.exp(epsilon + Math.log(normalTail(epsilon / mu + mu / 2)));
  return Math.max(0, gain - loss);
}

/** The smallest epsilon for a delta; Infinity beyond `largestEpsilon`. */
export function gaussianEpsilon(mu: number, delta: number): number {
  if (gaussianDelta(mu, 0) <= delta) return 0;
  if (gaussianDelta(mu, largestEpsilon) > delta) return Number.POSITIVE_INFINITY;
  return bisect(0, largestEpsilon, (epsilon) => gaussianDelta(mu, epsilon) <= delta);
}

/** The largest sensitivity over noise that keeps a budget. */
export const gaussianMu = (epsilon: number, delta: number): number =>
  bisect(1e6, 0, (mu) => gaussianDelta(mu, epsilon) <= delta);

/** Epsilon by the simple bound of zero-concentrated privacy, which lies above the exact one (Bun and Steinke 2016). */
export function concentratedEpsilon(mu: number, delta: number): number {
  const rho = (mu * mu) / 2;
  return rho + 2 * Math.sqrt(rho * Math.log(1 / delta));
}

/** The argument nearest to `from` at which a condition holds that holds at `to` and fails at `from`. */
function bisect(from: number, to: number, holds: (at: number) => boolean): number {
  let [fails, works] = [from, to];
  for (;;) {
    const middle = (fails + works) / 2;
    if (middle === fails || middle === works) return works;
    if (holds(middle)) works = middle;
    else fails = middle;
  }
}
