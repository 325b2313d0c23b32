import type { SampledSteps } from './sampled-gaussian';

/** Orders that are tried. */
const orders = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  ...[80, 96, 128, 192, 256, 512, 1024],
];

/**
 * An epsilon that is never too small, by Rényi divergences (Mironov 2019, arXiv 1908.10530, section 3.3; to epsilon by
 * Canonne 2020, arXiv 2004.00010, proposition 12). It takes a fraction of the time of `spentEpsilon` and says some percent
 * more.
 */
export function renyiEpsilon(kinds: readonly SampledSteps[], delta: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (const order of orders) {
    const divergence = kinds.reduce((sum, kind) => sum + kind.steps * renyiDivergence(kind, order), 0);
    const epsilon = divergence + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1);
    if (epsilon < best) best = epsilon;
  }
  return Math.max(0, best);
}

/** Standard deviations of the noise beyond which an integral is not continued: the rest is below 1e-19 of it. */
const reach = 10;
/** Steps of an integral to a standard deviation. The trapezoidal rule is exact to rounding for functions this smooth. */
const fineness = 8;

/** Rényi divergence of one step, of an order above 1. */
export function renyiDivergence({ noise, rate }: SampledSteps, order: number): number {
  if (rate === 0) return 0;
  const variance = noise * noise;
  if (rate === 1) return order / (2 * variance);
  const width = noise / fineness;
  const logs: number[] = [];
  let most = Number.NEGATIVE_INFINITY;
  for (let x = -reach * noise; x <= order + reach * noise; x += width) {
    const ratio = logRatio(x, rate, variance);
    const log = order * ratio - (x * x) / (2 * variance);
    if (log > most) most = log;
    logs.push(log);
  }
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - most);
  return (most + Math.log((sum * width) / (noise * Math.sqrt(2 * Math.PI)))) / (order - 1);
}

/** Logarithm of how much likelier an outcome is if the record may have been taken. */
function logRatio(x: number, rate: number, variance: number): number {
  const exponent = (2 * x - 1) / (2 * variance);
  // Without overflow: the record decides alone if its exponent is large.
  return exponent > 500 ? exponent + Math.log(rate) : Math.log1p(rate * Math.expm1(exponent));
}
