import { spreadOf } from '../../support/statistics';
import type { CellOutcome } from '../runs/run-cells';
import { MixResults } from './mix-results';

/** The headline of a table. */
export function headline(outcomes: readonly CellOutcome[], mixes: readonly string[], roles: Roles): Headline {
  const { base, synchronous, fedbuff, ours } = roles;
  const all = mixes.map((mix) => new MixResults(outcomes, mix, base));
  const losses = all.map((results) => results.compare(ours, base).loss?.mean ?? Number.NaN);
  return {
    mixes: all.map((results) => {
      const versus = results.compare(ours, base);
      const versusBest = (arms: readonly string[]) => {
        const best = results.fastest(arms);
        return rounded(best === undefined ? undefined : results.compare(ours, best).time?.mean);
      };
      return {
        mix: results.mix,
        timeVsFedAvg: rounded(versus.time?.mean),
        timeVsBestSync: versusBest(synchronous),
        timeVsFedBuff: versusBest(fedbuff),
        payloadVsFedAvg: rounded(versus.payload?.mean),
        stragglerAccuracyLossPoints: rounded(versus.stragglerLoss?.mean),
      };
    }),
    trainingMemoryVsDense:
      rounded(Math.max(...all.map((results) => results.compare(ours, base).memory))) ?? Number.NaN,
    accuracyLossPoints: rounded(spreadOf(losses).mean) ?? Number.NaN,
  };
}

/** Names of the arms that the headline compares. */
export interface Roles {
  readonly base: string;
  readonly synchronous: readonly string[];
  /** FedBuff with different server rates, of which the fastest counts. */
  readonly fedbuff: readonly string[];
  readonly ours: string;
}

/** Ratios of the default rule with sparse plans; null if one of the two never reached the target. */
export interface Headline {
  readonly mixes: readonly {
    readonly mix: string;
    readonly timeVsFedAvg: number | null;
    readonly timeVsBestSync: number | null;
    readonly timeVsFedBuff: number | null;
    readonly payloadVsFedAvg: number | null;
    /** null if no gateway is slow. */
    readonly stragglerAccuracyLossPoints: number | null;
  }[];
  readonly trainingMemoryVsDense: number;
  /** Mean over the mixes. */
  readonly accuracyLossPoints: number;
}

/** Rounded to three decimals; null if there is none. */
function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 1000) / 1000;
}
