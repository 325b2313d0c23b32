import { type Resumable, stepNumbers } from '../../platform';
import { ruleTraits } from '../../task';
import type { ContributionWeight, PseudoGradient } from '../aggregation';
import type { Contribution } from '../aggregation/contribution';
import { agesOf, contributionWeights } from '../aggregation/contribution-weight';
import type { Originals } from '../aggregation/originals';
import type { RuleSettings } from '../aggregation/rule-settings';
import { ageWeight } from '../aggregation/weights';

/** Share by which a clipped update is below the norm, so that rounding to float32 does not bring it above. */
const rounding = 1e-6;

/** Settings of a sum with noise. */
export interface PrivateSumSettings {
  readonly clip: number;
  /** One for each contribution, at most 1. */
  readonly weights: readonly number[];
  /** Public: it follows from the number of gateways, and not from what they send. */
  readonly divisor: number;
  /** Deviation of the normals over the clipping norm. */
  readonly noise: number;
  /** Normals of one deviation, `[size]`. */
  readonly normals: Float64Array;
}

/** Weights of contributions: they follow from ages, which say nothing about samples. */
export function privateWeights(
  contributions: readonly Contribution[],
  version: number,
  { rule, age }: Pick<RuleSettings, 'rule' | 'age'>,
): number[] {
  return agesOf(contributions, version).map((tau) =>
    ruleTraits[rule.kind].agesWhole ? 1 : Math.min(1, ageWeight(tau, age)),
  );
}

/**
 * The sum of the contributions of a buffer, each clipped and of a weight of 1 at most, with noise, over a public divisor.
 * Coordinates that no plan holds stay out of it.
 * @param originals takes each delta before it is clipped in place
 */
export function* privateSum(
  contributions: readonly Contribution[],
  version: number,
  { clip, weights, divisor, noise, normals }: PrivateSumSettings,
  into: PseudoGradient,
  originals?: Originals,
): Resumable<ContributionWeight[]> {
  for (const { delta } of contributions) yield* clipTo(delta, clip, originals);
  yield* into.sum(contributions, weights, divisor);
  yield* into.addNoise(normals, (noise * clip) / divisor);
  return contributionWeights(
    agesOf(contributions, version),
    weights,
    contributions.map(({ variance }) => variance),
  );
}

/** Shortens a delta to a norm, in place. */
function* clipTo(delta: Float32Array, clip: number, originals: Originals | undefined): Resumable<void> {
  let squares = 0;
  for (let from = 0; from < delta.length; from += stepNumbers) {
    const end = Math.min(delta.length, from + stepNumbers);
    for (let i = from; i < end; i++) squares += delta[i]! * delta[i]!;
    yield;
  }
  const norm = Math.sqrt(squares);
  const most = clip * (1 - rounding);
  if (norm <= most) return;
  originals?.keep(delta);
  for (let from = 0; from < delta.length; from += stepNumbers) {
    const end = Math.min(delta.length, from + stepNumbers);
    for (let i = from; i < end; i++) delta[i]! *= most / norm;
    yield;
  }
}
