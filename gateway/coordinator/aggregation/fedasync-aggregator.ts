import type { Resumable } from '../../platform';
import { createServerOptimiser, type ServerOptimiser } from '../server-optimiser';
import type { BufferInput, ContributionWeight } from './aggregator';
import { BaseAggregator } from './base-aggregator';
import { agesOf, contributionWeights, withFactors } from './contribution-weight';
import type { PseudoGradient } from './pseudo-gradient';
import { ageWeight } from './weights';

/**
 * FedAsync (Xie 2019, arXiv 1903.03934, algorithm 1): each arrival makes a version, x = (1 - a) x + a x_i with
 * a = mixing * s(tau_i); s is `aggregation.age`: constant, polynomial (tau + 1)^-alpha, or hinge (section 5.2).
 *
 * Gateways send their change, not their model, so x_i is read as x + delta_i and the step is a delta_i. In the paper x_i
 * is x_base + delta_i, which also pulls x back by a (x - x_base); at age 0 the two are the same. Contributions that wait
 * together (after a pause) are mixed in one after the other.
 */
export class FedAsyncAggregator extends BaseAggregator<'fedasync'> {
  readonly name = 'fedasync';

  override capacity(): number {
    return 1;
  }

  *combine(
    { contributions, version, factors }: BufferInput,
    into: PseudoGradient,
  ): Resumable<ContributionWeight[]> {
    const ages = agesOf(contributions, version);
    const mixing = withFactors(this.mixingOf(ages), factors);
    yield* into.mix(contributions, mixing);
    return contributionWeights(
      ages,
      remaining(mixing),
      contributions.map(({ variance }) => variance),
    );
  }

  override *shares({ contributions, version }: BufferInput): Resumable<readonly number[]> {
    yield;
    return remaining(this.mixingOf(agesOf(contributions, version)));
  }

  private mixingOf(ages: readonly number[]): number[] {
    const { rule, age } = this.settings;
    return ages.map((one) => rule.mixing * ageWeight(one, age));
  }

  /** Its mixing depends on the age already, so the automatic rate of the server is 1. */
  override createServer(): ServerOptimiser {
    const { server } = this.settings;
    const isAutomatic = server.kind === 'sgd' && server.learningRate === 'auto';
    return createServerOptimiser(isAutomatic ? { ...server, learningRate: 1 } : server);
  }
}

/** The part of each contribution that remains when those after it have been mixed in: a_i prod_{j > i} (1 - a_j). */
function remaining(mixing: readonly number[]): number[] {
  const parts: number[] = [];
  let factor = 1;
  for (const a of mixing.toReversed()) {
    parts.push(a * factor);
    factor *= 1 - a;
  }
  return parts.reverse();
}
