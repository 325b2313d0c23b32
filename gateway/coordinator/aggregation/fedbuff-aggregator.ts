import type { Resumable } from '../../platform';
import type { BufferInput, ContributionWeight } from './aggregator';
import { BaseAggregator } from './base-aggregator';
import type { Contribution } from './contribution';
import { agesOf, contributionWeights, sharesOf, withFactors } from './contribution-weight';
import type { PseudoGradient } from './pseudo-gradient';
import { scaled } from './steps';
import { limitWeights } from './weight-limits';
import { ageWeight } from './weights';

/**
 * FedBuff (Nguyen 2022, arXiv 2106.06639, algorithm 1): x += eta_g (1/K) sum_i s(tau_i) delta_i, with s(tau) =
 * 1 / sqrt(1 + tau) of section 5 unless `aggregation.age` sets another. The sum is divided by the number of
 * contributions, not by the sum of their weights: a buffer of old contributions makes a short step. Gateways count
 * alike, however many samples they have.
 *
 * If plans differ, each coordinate is divided by the number of contributions that hold it; if a buffer is applied before
 * it is full, K is the number of its contributions.
 */
export class FedBuffAggregator extends BaseAggregator<'fedbuff'> {
  readonly name = 'fedbuff';

  *combine(
    { contributions, version, factors }: BufferInput,
    into: PseudoGradient,
  ): Resumable<ContributionWeight[]> {
    const ages = agesOf(contributions, version);
    const { weights, counts } = this.weigh(contributions, ages, factors);
    yield* into.mean(contributions, scaled(weights, contributions, this.scaling), counts);
    return contributionWeights(
      ages,
      weights,
      contributions.map(({ variance }) => variance),
    );
  }

  override *shares({ contributions, version }: BufferInput): Resumable<readonly number[]> {
    yield;
    const { weights, counts } = this.weigh(contributions, agesOf(contributions, version), undefined);
    return sharesOf(scaled(weights, contributions, this.scaling), counts);
  }

  private weigh(
    contributions: readonly Contribution[],
    ages: readonly number[],
    factors: readonly number[] | undefined,
  ) {
    // A gateway that sends too often counts as fewer contributions, in the sum and in K.
    const counts = withFactors(
      limitWeights(
        contributions,
        contributions.map(() => 1),
      ),
      factors,
    );
    const weights = ages.map((age, i) => ageWeight(age, this.settings.age) * (counts[i] ?? 1));
    return { weights, counts };
  }
}
