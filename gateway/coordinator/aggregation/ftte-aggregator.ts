import type { Aggregation } from '../../task';
import type { Contribution } from '../contribution';
import type { Aggregator, BufferInput, Weighing } from './aggregator';
import type { Direction } from './direction';
import { ageWeight, sampleWeight, varianceWeights } from './weights';

/** Largest buffer that `auto` asks for: beyond it FedBuff gained nothing (Nguyen 2022, section 5: K = 10). */
const largestAutomatic = 10;

/**
 * Semi-asynchronous aggregation weighted by samples, age and variance: a_i = n_i^q s(tau_i) s(v_i), normalised by
 * their sum, per coordinate over the plans that hold it. Our reading of FTTE (Tenison 2025, arXiv 2510.03165), whose
 * exact formula is not public, on the buffer of FedBuff (Nguyen 2022, arXiv 2106.06639). K = 1 is fully asynchronous.
 */
export class FtteAggregator implements Aggregator {
  readonly name = 'ftte';

  constructor(private readonly settings: Aggregation) {}

  capacity(gatewaysOnline: number): number {
    const { bufferSize } = this.settings;
    if (bufferSize !== 'auto') return bufferSize;
    return Math.max(1, Math.min(largestAutomatic, Math.ceil(gatewaysOnline / 2)));
  }

  combine({ contributions, version }: BufferInput, into: Direction): Weighing[] {
    const ages = contributions.map(({ baseVersion }) => Math.max(0, version - baseVersion));
    const plain = contributions.map(
      ({ samples }, i) =>
        sampleWeight(samples, this.settings.sampleExponent) * ageWeight(ages[i] ?? 0, this.settings.age),
    );
    const variances = this.variances(contributions, plain, into);
    const factors = this.settings.variance === 'none' ? variances.map(() => 1) : varianceWeights(variances);
    const weights = plain.map((weight, i) => weight * (factors[i] ?? 1));
    into.mean(contributions, weights);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return contributions.map((_, i) => ({
      age: ages[i] ?? 0,
      variance: variances[i] ?? 0,
      share: (weights[i] ?? 0) / sum,
    }));
  }

  arrays(): ReadonlyMap<string, Float32Array> {
    return new Map();
  }

  restore(): void {
    // Nothing is remembered from buffer to buffer.
  }

  private variances(
    contributions: readonly Contribution[],
    plain: readonly number[],
    scratch: Direction,
  ): number[] {
    switch (this.settings.variance) {
      case 'none':
      case 'gradient':
        return contributions.map(({ variance }) => Math.max(0, variance));
      case 'coordinates':
        return contributions.map(({ delta }) => coordinateVariance(delta));
      case 'distance':
        scratch.mean(contributions, plain);
        return contributions.map((contribution) => distanceToMean(contribution, scratch.values));
    }
  }
}

/** Variance of the delta's own coordinates around their mean. */
export function coordinateVariance(delta: Float32Array): number {
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
