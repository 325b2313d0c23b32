import type { Resumable } from '../../platform';
import type { BufferInput, ContributionWeight } from './aggregator';
import { BaseAggregator } from './base-aggregator';
import type { Contribution } from './contribution';
import { agesOf, contributionWeights, withFactors } from './contribution-weight';
import type { PseudoGradient } from './pseudo-gradient';
import { UpdateCache } from './update-cache';
import { limitWeights } from './weight-limits';

/**
 * CA2FL, cached update calibration (Wang 2024, "Tackling the Data Heterogeneity in Asynchronous Federated Learning with
 * Cached Update Calibration", ICLR 2024): x += eta v with v = h + (1/K) sum_i (delta_i - h_i), where h_i is the last
 * update of gateway i before this buffer and h the mean of the last updates of all. Gateways that send seldom stay in h,
 * so that the fast ones do not determine the model alone; all count alike.
 *
 * The paper knows all its clients and starts their h_i at 0. A fleet whose gateways come and go has no such number: h is
 * the mean over the gateways that have sent an update, and the h_i of a new gateway is h. If plans differ, all of it is
 * per coordinate; a coordinate that no contribution of the buffer holds is left alone, whatever h is there. The cache is
 * bounded by `cacheBytes` and is part of every checkpoint.
 */
export class Ca2flAggregator extends BaseAggregator<'ca2fl'> {
  readonly name = 'ca2fl';
  private readonly cache = new UpdateCache(this.settings.rule.cacheBytes);

  *combine(
    { contributions, version, factors }: BufferInput,
    into: PseudoGradient,
  ): Resumable<ContributionWeight[]> {
    const { cache } = this;
    const weights = withFactors(
      limitWeights(
        contributions,
        contributions.map(() => 1),
      ),
      factors,
    );
    const size = into.values.length;
    yield* into.mean(contributions, weights);
    // mean(delta_i) + h - mean(h_i): the second part, with the same weights.
    const cached = ({ gateway, segments }: Contribution) => cache.read(gateway, segments, size);
    yield* into.subtractMean(contributions, cached, weights);
    cache.addMean(into.held, into.values);
    // Only now: two contributions of one gateway are both compared with what it sent before this buffer.
    for (const [i, contribution] of contributions.entries()) if (weights[i]! > 0) cache.put(contribution);
    return contributionWeights(
      agesOf(contributions, version),
      weights,
      contributions.map(({ variance }) => variance),
    );
  }

  override arrays(): ReadonlyMap<string, Float32Array> {
    return this.cache.arrays();
  }

  override restore(arrays: ReadonlyMap<string, Float32Array>): void {
    this.cache.restore(arrays);
  }

  override mark(): () => void {
    return this.cache.mark();
  }
}
