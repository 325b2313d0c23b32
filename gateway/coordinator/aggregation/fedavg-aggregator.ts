import type { Resumable } from '../../platform';
import type { BufferInput, ContributionWeight } from './aggregator';
import { BaseAggregator } from './base-aggregator';
import { type Contribution, firstOfEach } from './contribution';
import { agesOf, contributionWeights, sharesOf, withFactors } from './contribution-weight';
import type { PseudoGradient } from './pseudo-gradient';
import { scaled } from './steps';
import { limitWeights } from './weight-limits';
import { sampleWeight } from './weights';

/** Room for the rounding of 1 + overSelection, so that 13 gateways at 0.3 are 10 and not 11, and 10 are 13 and not 14. */
const slack = 1e-9;

/**
 * Federated averaging (McMahan 2017, arXiv 1602.05629, algorithm 1), synchronous: x += sum_i n_i delta_i / sum_i n_i
 * over the gateways of one round, all of which began at the newest version. Server momentum (Hsu 2019, arXiv
 * 1909.06335) is `aggregation.server`; the timeout of a round is `aggregation.maxWaitMs`, from its first contribution.
 *
 * A round waits for `bufferSize` gateways, or all that are online (`auto`); with over-selection (Bonawitz 2019, arXiv
 * 1902.01046, section 2.2) the others are spares. It never waits for more than are online, so it ends when the last
 * missing gateway leaves. Late contributions are refused; a gateway counts once.
 */
export class FedAvgAggregator extends BaseAggregator<'fedavg'> {
  readonly name = 'fedavg';
  override readonly synchronous = true;

  /** Every contribution of a round began at the newest version. */
  override get maxAge(): number {
    return 0;
  }

  override get cohortSize(): number | undefined {
    const { bufferSize, rule } = this.settings;
    return bufferSize === 'auto' ? undefined : Math.ceil(bufferSize * (1 + rule.overSelection) - slack);
  }

  override capacity(gatewaysOnline: number): number {
    const { bufferSize, rule } = this.settings;
    const enough = Math.ceil(gatewaysOnline / (1 + rule.overSelection) - slack);
    return Math.max(1, bufferSize === 'auto' ? enough : Math.min(bufferSize, gatewaysOnline));
  }

  override ready(waiting: readonly Contribution[], gatewaysOnline: number): number {
    const capacity = this.capacity(gatewaysOnline);
    if (waiting.length < capacity) return 0;
    // The round takes all that arrived in time: the rest would belong to no round.
    return new Set(waiting.map(({ gateway }) => gateway)).size >= capacity ? waiting.length : 0;
  }

  *combine(
    { contributions, version, factors }: BufferInput,
    into: PseudoGradient,
  ): Resumable<ContributionWeight[]> {
    const counted = firstOfEach(contributions);
    const weights = withFactors(this.weigh(contributions, counted), factors);
    const first = [...counted];
    const firstWeights = weights.filter((_, i) => counted.has(contributions[i] as Contribution));
    yield* into.mean(first, scaled(firstWeights, first, this.scaling), firstWeights);
    return contributionWeights(
      agesOf(contributions, version),
      weights,
      contributions.map(({ variance }) => variance),
    );
  }

  override *shares({ contributions }: BufferInput): Resumable<readonly number[]> {
    yield;
    const weights = this.weigh(contributions, firstOfEach(contributions));
    return sharesOf(scaled(weights, contributions, this.scaling), weights);
  }

  /** Samples of the first contribution of each gateway; all others weigh 0. */
  private weigh(contributions: readonly Contribution[], counted: ReadonlySet<Contribution>) {
    return limitWeights(
      contributions,
      contributions.map((contribution) =>
        counted.has(contribution) ? sampleWeight(contribution.samples, this.settings.sampleExponent) : 0,
      ),
    );
  }
}
