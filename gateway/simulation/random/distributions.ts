import type { Random } from '../../platform';

/** One draw from the exponential distribution with this mean. */
export function exponential(mean: number, random: Random): number {
  return -mean * Math.log(1 - random.uniform());
}

/** One draw from Gamma(shape, 1) (Marsaglia and Tsang 2000; shapes under 1 by their section 6). */
export function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** One draw from a Dirichlet distribution: no value is negative, and their sum is 1. */
export function dirichlet(concentration: readonly number[], random: Random): number[] {
  const draws = concentration.map((alpha) => gamma(alpha, random));
  const sum = draws.reduce((total, draw) => total + draw, 0);
  // Tiny concentrations can underflow to zero everywhere: in the limit one value is 1.
  if (!(sum > 0)) {
    const chosen = random.integer(draws.length);
    return draws.map((_, i) => (i === chosen ? 1 : 0));
  }
  return draws.map((draw) => draw / sum);
}

/** Draws an index with these weights, of which at least one is positive. */
export function categorical(weights: readonly number[], random: Random): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let left = random.uniform() * sum;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight <= 0) continue;
    last = i;
    left -= weight;
    if (left < 0) return i;
  }
  return last;
}
