import type { Resumable } from '../../platform';
import { AmsgradServer, type ServerOptimiser } from '../server-optimiser';
import type { BufferInput, ContributionWeight, ServerRate } from './aggregator';
import { BaseAggregator } from './base-aggregator';
import { agesOf, contributionWeights, withFactors } from './contribution-weight';
import type { PseudoGradient } from './pseudo-gradient';
import { limitWeights } from './weight-limits';

/** The rate that its authors take. */
const usualRate = 0.001;

/**
 * FADAS (Wang 2024, arXiv 2407.18365, algorithm 1): d = (1/K) sum_i delta_i, every contribution alike, followed by the
 * server step that makes it FADAS, `AmsgradServer`: ages shorten the step of the whole buffer instead of the weights
 * inside it, so that fast gateways do not outweigh slow ones.
 */
export class FadasAggregator extends BaseAggregator<'fadas'> {
  readonly name = 'fadas';

  *combine(
    { contributions, version, factors }: BufferInput,
    into: PseudoGradient,
  ): Resumable<ContributionWeight[]> {
    const weights = withFactors(
      limitWeights(
        contributions,
        contributions.map(() => 1),
      ),
      factors,
    );
    yield* into.mean(contributions, weights);
    return contributionWeights(
      agesOf(contributions, version),
      weights,
      contributions.map(({ variance }) => variance),
    );
  }

  override get serverRate(): ServerRate {
    const { learningRate: value } = this.settings.rule;
    return { field: 'aggregation.rule.learningRate', value, usual: usualRate };
  }

  /** The server step is a part of the rule: `aggregation.server` is not used. */
  override createServer(): ServerOptimiser {
    return new AmsgradServer(this.settings.rule);
  }
}
