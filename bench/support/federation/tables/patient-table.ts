import { gridPasses, localRates, pairName, rows, rules } from '../patients';
import { type Spread, spreadOf } from '../ratios';
import type { Point } from '../result';
import type { CellOutcome } from '../run-cells';

/** A row of the table for everyone that trains together; several models are told by their mean, worst and best. */
export function patientTable(outcomes: readonly CellOutcome[]): string {
  const federated = new Set(rules.map(({ name }) => name));
  const seeds = [...new Set(outcomes.map(({ seed }) => seed))];
  // Where the rules are beside each other on a clock: the first one is through with its passes.
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
    const told = (of: (summary: CellOutcome['result']['summary']) => number, digits = 0) =>
      row.federated ? bySeed(({ result }) => of(result.summary)).mean.toFixed(digits) : '-';
    return [
      [
        row.name,
        share(bySeed(finalOf)),
        byModel.length > 1 ? `${percent(Math.min(...byModel))} to ${percent(Math.max(...byModel))}` : '-',
        row.federated ? share(bySeed((run) => accuracyAt(run, soonest.get(run.seed) ?? 0))) : '-',
        told(({ virtualMs }) => virtualMs / 1000),
        told(({ bytesUp, bytesDown, clients }) => (bytesUp + bytesDown) / clients / 1000),
        told(({ plans }) => Math.max(...plans.map(({ peakBytes }) => peakBytes)) / 1000),
        told(({ ages }) => ages.mean, 1),
        told(({ stragglers }) => 100 * stragglers.contributions),
      ],
    ];
  });
  return markdown(
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

/** A mean for each group, in the order in which they come. */
function means<Key>(
  runs: readonly CellOutcome[],
  keyOf: (run: CellOutcome) => Key,
  of: (run: CellOutcome) => number,
): number[] {
  return [...new Set(runs.map(keyOf))].map(
    (key) => spreadOf(runs.filter((run) => keyOf(run) === key).map(of)).mean,
  );
}

/** Balanced accuracy on the patients kept aside: a row a rule and pair of rates. */
export function patientGridTable(outcomes: readonly CellOutcome[]): string {
  const told = (arm: string, mix: string) => {
    const runs = outcomes.filter((outcome) => outcome.arm === arm && outcome.mix === mix);
    return runs.length > 0 ? percent(spreadOf(runs.map(finalOf)).mean) : '-';
  };
  return markdown(
    ['rule', 'local rate', 'server rate', ...gridPasses.map((passes) => `${passes} passes`)],
    rules.flatMap(({ name, serverRates }) =>
      localRates.flatMap((local) =>
        serverRates.map((server) => [
          name.replace('federated, ', ''),
          `${local}`,
          `${server}`,
          ...gridPasses.map((passes) => told(name, pairName(local, server, passes))),
        ]),
      ),
    ),
  );
}

/** Mean over the last quarter of the judgements. */
function finalOf({ result: { curve } }: CellOutcome): number {
  return meanOfLast(curve, Math.ceil(curve.length / 4));
}

/** Mean of the last three judgements until then. NaN where there are none. */
function accuracyAt({ result: { curve } }: CellOutcome, timeMs: number): number {
  return meanOfLast(
    curve.filter((point) => point.timeMs <= timeMs),
    3,
  );
}

function meanOfLast(curve: readonly Point[], points: number): number {
  return spreadOf(curve.slice(-points).map(({ balancedAccuracy }) => balancedAccuracy)).mean;
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const share = ({ mean, deviation, runs }: Spread) =>
  runs > 1 ? `${percent(mean)} ± ${(100 * deviation).toFixed(1)}` : percent(mean);
