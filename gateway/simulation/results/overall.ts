import type { RunSummary } from './results';

/** Mean and deviation of the results of a scenario over its seeds. */
export function overall(runs: readonly RunSummary[]): Overall {
  const accuracies = [...new Set(runs.flatMap(({ targets }) => targets.map(({ accuracy }) => accuracy)))];
  return {
    runs: runs.length,
    finalBalancedAccuracy: spreadOf(runs.map((run) => run.finalBalancedAccuracy)),
    finalMacroF1: spreadOf(runs.map((run) => run.finalMacroF1)),
    finalAuc: spreadOf(runs.map((run) => run.finalAuc)),
    finalAccuracy: spreadOf(runs.map((run) => run.finalAccuracy)),
    bestAccuracy: spreadOf(runs.map((run) => run.bestAccuracy)),
    finalMeanAbsoluteError: spreadOf(runs.map((run) => run.finalMeanAbsoluteError)),
    finalMeanSquaredError: spreadOf(runs.map((run) => run.finalMeanSquaredError)),
    finalSkill: spreadOf(runs.map((run) => run.finalSkill)),
    finalDetectionRate: spreadOf(runs.map((run) => run.finalDetectionRate)),
    finalFalseAlarms: spreadOf(runs.map((run) => run.finalFalseAlarms)),
    stragglerAccuracy: spreadOf(runs.map((run) => run.perClient?.stragglers)),
    worstTenth: spreadOf(runs.map((run) => run.perClient?.worstTenth)),
    worstPeople: spreadOf(runs.map((run) => run.perPerson?.worstTenth)),
    targets: accuracies
      .sort((a, b) => a - b)
      .map((accuracy) => {
        const reached = runs.flatMap(
          ({ targets }) => targets.find((one) => one.accuracy === accuracy)?.reached ?? [],
        );
        return {
          accuracy,
          timeMs: spreadOf(reached.map((one) => one.timeMs)),
          uploads: spreadOf(reached.map((one) => one.uploads)),
          bytesUp: spreadOf(reached.map((one) => one.bytesUp)),
          bytesDown: spreadOf(reached.map((one) => one.bytesDown)),
        };
      }),
  };
}

/** All runs of a scenario summed up. */
export interface Overall {
  readonly runs: number;
  readonly finalBalancedAccuracy: Spread | undefined;
  readonly finalMacroF1: Spread | undefined;
  readonly finalAuc: Spread | undefined;
  readonly finalAccuracy: Spread | undefined;
  readonly bestAccuracy: Spread | undefined;
  readonly finalMeanAbsoluteError: Spread | undefined;
  readonly finalMeanSquaredError: Spread | undefined;
  readonly finalSkill: Spread | undefined;
  readonly finalDetectionRate: Spread | undefined;
  readonly finalFalseAlarms: Spread | undefined;
  readonly stragglerAccuracy: Spread | undefined;
  readonly worstTenth: Spread | undefined;
  /** The worst tenth of the people that judge. */
  readonly worstPeople: Spread | undefined;
  readonly targets: readonly {
    readonly accuracy: number;
    readonly timeMs: Spread | undefined;
    readonly uploads: Spread | undefined;
    readonly bytesUp: Spread | undefined;
    readonly bytesDown: Spread | undefined;
  }[];
}

/** Mean and standard deviation over the runs that have a value, and the number of those runs. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
  readonly runs: number;
}

function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    deviation: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : 0,
    runs: known.length,
  };
}
