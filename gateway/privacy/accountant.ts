import { type Resumable, runSync } from '../platform';
import { composedLoss, epsilonOfLoss } from './composition';
import { composedMu, gaussianEpsilon } from './gaussian';
import { renyiEpsilon } from './renyi';
import type { SampledSteps } from './sampled-gaussian';

/** Most that an epsilon of `spentEpsilon` may be above the exact one, where nothing else is asked for. */
const usualTolerance = 1e-4;

/**
 * Epsilon of steps that were made, of several kinds: how well their results distinguish a data set from one with a record
 * more or less. Never too small, and at most about `tolerance` too large.
 * @param delta probability with which it may be more, above 1e-12
 */
export const spentEpsilon = (
  kinds: readonly SampledSteps[],
  delta: number,
  tolerance = usualTolerance,
): number => runSync(spentInSteps(kinds, delta, tolerance));

/** The same with pauses: it takes tens of milliseconds. */
export function* spentInSteps(
  kinds: readonly SampledSteps[],
  delta: number,
  tolerance = usualTolerance,
): Resumable<number> {
  const made = kinds.filter(({ steps, rate }) => steps > 0 && rate > 0);
  if (made.length === 0) return 0;
  if (made.some(({ noise }) => !(noise > 0))) return Number.POSITIVE_INFINITY;
  if (made.every(({ rate }) => rate === 1)) {
    const mu = Math.hypot(...made.map(({ steps, noise }) => composedMu(steps, noise)));
    return gaussianEpsilon(mu, delta);
  }
  const steps = made.reduce((sum, kind) => sum + kind.steps, 0);
  // Rounding to a grid adds a variance of about steps * width^2 / 6 to the loss, and about twice that to epsilon.
  const width = Math.min(widest, Math.sqrt(tolerance / steps));
  const less = epsilonOfLoss(yield* composedLoss(made, 'less', width), delta);
  const more = epsilonOfLoss(yield* composedLoss(made, 'more', width), delta);
  return Math.max(less, more);
}

/** The widest grid. */
const widest = 0.01;

/** A number of steps that a budget shall last for. */
export interface NoiseRequest {
  readonly epsilon: number;
  readonly delta: number;
  readonly rate: number;
  readonly steps: number;
}

/** The least and the most noise that is looked for. */
const noiseRange = [0.2, 1e6] as const;
/** Share by which the noise that is found may be more than needed. */
const noiseTolerance = 1e-3;

/**
 * The noise, over the clipping norm, with which a number of steps stays within a budget.
 * @returns undefined if no noise is enough
 */
export const noiseFor = (request: NoiseRequest): number | undefined => runSync(noiseInSteps(request));

/** The same with pauses. */
export function* noiseInSteps({ epsilon, delta, rate, steps }: NoiseRequest): Resumable<number | undefined> {
  const kinds = (noise: number) => [{ noise, rate, steps }];
  const [least, most] = noiseRange;
  // The quick bound says how much is enough; the exact figure is then a little below.
  let enough: number = most;
  let little: number = least;
  if (renyiEpsilon(kinds(most), delta) > epsilon) return undefined;
  while (enough / little > 1 + noiseTolerance) {
    const middle = Math.sqrt(enough * little);
    if (renyiEpsilon(kinds(middle), delta) <= epsilon) enough = middle;
    else little = middle;
  }
  little = Math.max(least, enough / 2);
  while (enough / little > 1 + noiseTolerance) {
    const middle = Math.sqrt(enough * little);
    if ((yield* spentInSteps(kinds(middle), delta, epsilon * noiseTolerance)) <= epsilon) enough = middle;
    else little = middle;
  }
  return roundUp(enough);
}

/** Four digits, and never less: what is written down and shown is what is used. */
function roundUp(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 3);
  return Number((Math.ceil(value / unit) * unit).toPrecision(4));
}
