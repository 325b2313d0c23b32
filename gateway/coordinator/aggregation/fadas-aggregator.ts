import type { Steps } from '../../platform';
import type { BufferInput, Weighing } from './aggregator';
import { BufferedRule } from './buffered-rule';
import { agesOf, weigh } from './contribution-weight';
import type { Direction } from './pseudo-gradient';

/**
 * The buffer of FADAS (Wang 2024, arXiv 2407.18365, algorithm 1): d = (1/K) sum_i delta_i, every contribution alike.
 * What makes it FADAS is the server's step that goes with it, `AmsgradServer`: ages shorten the step of the whole buffer
 * instead of the weights inside it, so that slow gateways are not drowned by fast ones.
 */
export class FadasAggregator extends BufferedRule {
  readonly name = 'fadas';

  *combine({ contributions, version }: BufferInput, into: Direction): Steps<Weighing[]> {
    const alike = contributions.map(() => 1);
    yield* into.mean(contributions, alike);
    return weigh(
      agesOf(contributions, version),
      alike,
      contributions.map(({ variance }) => variance),
    );
  }
}
