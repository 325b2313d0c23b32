import type { Resumable } from '../../platform';
import type { BufferInput, ContributionWeight } from './aggregator';
import { BaseAggregator } from './base-aggregator';
import type { Contribution } from './contribution';
import { agesOf, contributionWeights, sharesOf, withFactors } from './contribution-weight';
import type { PseudoGradient } from './pseudo-gradient';
import { scaled } from './steps';
import { limitWeights } from './weight-limits';
import { ageWeight, boundedByMedian, sampleWeight, varianceWeights } from './weights';

/**
 * Semi-asynchronous aggregation weighted by samples, age and variance: a_i = n_i^q s(tau_i) s(v_i), normalised by
 * their sum, per coordinate over the plans that hold it. Our reading of FTTE (Tenison 2025, arXiv 2510.03165), whose
 * exact formula is not public, on the buffer of FedBuff (Nguyen 2022, arXiv 2106.06639). K = 1 is fully asynchronous.
 */
export class FtteAggregator extends BaseAggregator<'ftte'> {
  readonly name = 'ftte';
  /** The weights of the buffer whose shares were asked for last: combining it needs them again. */
  private weighed: { readonly buffer: BufferInput; readonly found: Weighed } | undefined;

  override get damping(): number {
    return this.settings.damping;
  }

  override get scalesByCoverage(): boolean {
    return this.settings.coverage === 'proportional';
  }

  *combine(buffer: BufferInput, into: PseudoGradient): Resumable<ContributionWeight[]> {
    const { contributions, factors } = buffer;
    const { ages, variances, weights: own } = this.takeWeights(buffer) ?? (yield* this.weigh(buffer, into));
    const weights = withFactors(own, factors);
    yield* into.mean(contributions, scaled(weights, contributions, this.scaling), weights);
    return contributionWeights(ages, weights, variances);
  }

  override *shares(buffer: BufferInput, scratch: PseudoGradient): Resumable<readonly number[]> {
    const found = yield* this.weigh(buffer, scratch);
    this.weighed = { buffer, found };
    const { weights } = found;
    return sharesOf(scaled(weights, buffer.contributions, this.scaling), weights);
  }

  /** Takes the weights that `shares` has found of the same buffer, if it was called just before. */
  private takeWeights({ contributions, version, isProtected = false }: BufferInput): Weighed | undefined {
    const { buffer, found } = this.weighed ?? {};
    this.weighed = undefined;
    const isSame =
      buffer?.contributions === contributions &&
      buffer.version === version &&
      (buffer.isProtected ?? false) === isProtected;
    return isSame ? found : undefined;
  }

  private *weigh(
    { contributions, version, isProtected = false }: BufferInput,
    scratch: PseudoGradient,
  ): Resumable<Weighed> {
    const ages = agesOf(contributions, version);
    const beforeVariance = limitWeights(
      contributions,
      contributions.map(
        ({ samples }, i) =>
          sampleWeight(samples, this.settings.sampleExponent) * ageWeight(ages[i] ?? 0, this.settings.age),
      ),
    );
    const variances = yield* this.variances(contributions, beforeVariance, scratch);
    const factors = this.varianceFactors(variances, isProtected);
    const weights = limitWeights(
      contributions,
      beforeVariance.map((weight, i) => weight * (factors[i] ?? 1)),
    );
    return { ages, variances, weights };
  }

  private varianceFactors(variances: readonly number[], isProtected: boolean): readonly number[] {
    if (this.settings.variance === 'none') return variances.map(() => 1);
    const factors = varianceWeights(variances);
    return isProtected ? boundedByMedian(factors) : factors;
  }

  private *variances(
    contributions: readonly Contribution[],
    weights: readonly number[],
    scratch: PseudoGradient,
  ): Resumable<number[]> {
    switch (this.settings.variance) {
      case 'none':
      case 'gradient':
        return contributions.map(({ variance }) => Math.max(0, variance));
      case 'coordinates':
        return contributions.map(({ delta }) => coordinateVariance(delta));
      case 'distance':
        yield* scratch.mean(contributions, weights);
        return contributions.map((contribution) => distanceToMean(contribution, scratch.values));
    }
  }
}

/** The weights of a buffer, and what they follow from. */
interface Weighed {
  readonly ages: readonly number[];
  readonly variances: readonly number[];
  readonly weights: readonly number[];
}

/** Variance of the delta's coordinates around their mean. */
function coordinateVariance(delta: Float32Array): number {
  if (delta.length === 0) return 0;
  let sum = 0;
  for (let i = 0; i < delta.length; i++) sum += delta[i]!;
  const mean = sum / delta.length;
  let squares = 0;
  for (let i = 0; i < delta.length; i++) squares += (delta[i]! - mean) ** 2;
  return squares / delta.length;
}

/** Mean squared distance of the delta to the buffer's mean, over the coordinates of its plan. */
function distanceToMean({ segments, delta }: Contribution, mean: Float64Array): number {
  let squares = 0;
  let at = 0;
  for (const { offset, length } of segments) {
    for (let i = offset; i < offset + length; i++) squares += (delta[at++]! - mean[i]!) ** 2;
  }
  return at === 0 ? 0 : squares / at;
}
