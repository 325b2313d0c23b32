import type { Resumable } from '../../platform';
import type { Aggregation } from '../../task';
import type { Aggregator, BufferInput, ContributionWeight } from './aggregator';
import type { Contribution } from './contribution';
import { agesOf, contributionWeights } from './contribution-weight';
import type { PseudoGradient } from './pseudo-gradient';
import { ageWeight } from './weights';

type FedAsyncRule = Extract<Aggregation['rule'], { kind: 'fedasync' }>;

/**
 * FedAsync (Xie 2019, arXiv 1903.03934, algorithm 1): each arrival makes a version, x = (1 - a) x + a x_i with
 * a = mixing * s(tau_i); s is `aggregation.age`: constant, polynomial (tau + 1)^-alpha, or hinge (section 5.2).
 *
 * Gateways send what they changed, not their model, so x_i is read as x + delta_i and the step is a delta_i. The paper's
 * x_i still is at the base version where the gateway did not move it, which pulls x back by a (x - x_base) as well; at
 * age 0 the two are the same. Contributions that wait together (after a pause) are mixed in one after the other.
 */
export class FedAsyncAggregator implements Aggregator {
  readonly name = 'fedasync';

  constructor(
    private readonly settings: Aggregation,
    private readonly rule: FedAsyncRule,
  ) {}

  get maxAge(): number {
    return this.settings.maxAge;
  }

  capacity(): number {
    return 1;
  }

  ready(waiting: readonly Contribution[]): number {
    return waiting.length > 0 ? 1 : 0;
  }

  *combine({ contributions, version }: BufferInput, into: PseudoGradient): Resumable<ContributionWeight[]> {
    const ages = agesOf(contributions, version);
    const mixing = ages.map((age) => this.rule.mixing * ageWeight(age, this.settings.age));
    yield* into.mix(contributions, mixing);
    return contributionWeights(
      ages,
      remaining(mixing),
      contributions.map(({ variance }) => variance),
    );
  }

  arrays(): ReadonlyMap<string, Float32Array> {
    return new Map();
  }

  restore(): void {
    // Nothing is remembered from arrival to arrival.
  }
}

/** What is left of each contribution when those after it have been mixed in: a_i prod_{j > i} (1 - a_j). */
function remaining(mixing: readonly number[]): number[] {
  const left: number[] = [];
  let kept = 1;
  for (const a of mixing.toReversed()) {
    left.push(a * kept);
    kept *= 1 - a;
  }
  return left.reverse();
}
