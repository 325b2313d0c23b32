import { spreadOf } from '../../support/statistics';
import type { Point } from '../runs/result';
import type { CellOutcome } from '../runs/run-cells';
import { gridPasses, localRates, pairName, rows, rules } from '../scenarios/patients';
import { markdownTable, percent, percentSpread } from './markdown';

/** The table of patients: one row per group that trains together; several models have their mean, worst and best. */
export function patientTable(outcomes: readonly CellOutcome[]): string {
  const federated = new Set(rules.map(({ name }) => name));
  const seeds = [...new Set(outcomes.map(({ seed }) => seed))];
  // The rules are compared when the first one has finished its passes.
  const soonest = new Map(
    seeds.map((seed) => {
      const ends = outcomes.filter((outcome) => outcome.seed === seed && federated.has(outcome.arm));
      return [seed, Math.min(...ends.map(({ result }) => result.summary.virtualMs))];
    }),
  );
  const lines = rows.flatMap((row) => {
    const runs = outcomes.filter(({ arm }) => arm === row.name);
    if (runs.length === 0) return [];
    const byModel = means(runs, ({ mix }) => mix, finalOf);
    const bySeed = (of: (run: CellOutcome) => number) => spreadOf(means(runs, ({ seed }) => seed, of));
    const cell = (of: (summary: CellOutcome['result']['summary']) => number, digits = 0) =>
      row.federated ? bySeed(({ result }) => of(result.summary)).mean.toFixed(digits) : '-';
    return [
      [
        row.name,
        percentSpread(bySeed(finalOf)),
        byModel.length > 1 ? `${percent(Math.min(...byModel))} to ${percent(Math.max(...byModel))}` : '-',
        row.federated ? percentSpread(bySeed((run) => accuracyAt(run, soonest.get(run.seed) ?? 0))) : '-',
        cell(({ virtualMs }) => virtualMs / 1000),
        cell(({ bytesUp, bytesDown, clients }) => (bytesUp + bytesDown) / clients / 1000),
        cell(({ plans }) => Math.max(...plans.map(({ peakBytes }) => peakBytes)) / 1000),
        cell(({ ages }) => ages.mean, 1),
        cell(({ stragglers }) => 100 * stragglers.contributions),
      ],
    ];
  });
  return markdownTable(
    [
      'who trains together',
      'balanced accuracy',
      'worst to best',
      'at the end of the fastest',
      'virtual s',
      'kB per patient',
      'memory kB',
      'age',
      'from slow gateways, %',
    ],
    lines,
  );
}

/** The mean of each group, in the order of the groups. */
function means<Key>(
  runs: readonly CellOutcome[],
  keyOf: (run: CellOutcome) => Key,
  of: (run: CellOutcome) => number,
): number[] {
  return [...new Set(runs.map(keyOf))].map(
    (key) => spreadOf(runs.filter((run) => keyOf(run) === key).map(of)).mean,
  );
}

/** Balanced accuracy on the patients kept aside: one row per rule and pair of rates. */
export function patientGridTable(outcomes: readonly CellOutcome[]): string {
  const cell = (arm: string, mix: string) => {
    const runs = outcomes.filter((outcome) => outcome.arm === arm && outcome.mix === mix);
    return runs.length > 0 ? percent(spreadOf(runs.map(finalOf)).mean) : '-';
  };
  return markdownTable(
    ['rule', 'local rate', 'server rate', ...gridPasses.map((passes) => `${passes} passes`)],
    rules.flatMap(({ name, serverRates }) =>
      localRates.flatMap((local) =>
        serverRates.map((server) => [
          name.replace('federated, ', ''),
          `${local}`,
          `${server}`,
          ...gridPasses.map((passes) => cell(name, pairName(local, server, passes))),
        ]),
      ),
    ),
  );
}

/** Mean over the last quarter of the judgements. */
function finalOf({ result: { curve } }: CellOutcome): number {
  return meanOfLast(curve, Math.ceil(curve.length / 4));
}

/** Mean of the last three judgements until then. NaN if there are none. */
function accuracyAt({ result: { curve } }: CellOutcome, timeMs: number): number {
  return meanOfLast(
    curve.filter((point) => point.timeMs <= timeMs),
    3,
  );
}

function meanOfLast(curve: readonly Point[], points: number): number {
  return spreadOf(curve.slice(-points).map(({ balancedAccuracy }) => balancedAccuracy)).mean;
}
