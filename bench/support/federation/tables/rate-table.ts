import { type Arm, scenarioOf } from '../arms';
import type { Cell } from '../cell';
import { MixResults } from '../compare';
import type { Conditions } from '../conditions';
import { spreadOf } from '../ratios';
import { fedavg } from '../rules';
import type { CellOutcome } from '../run-cells';

/** Every rule at every rate that it may choose from, judged by the training people kept aside; and what sets the target. */
export function rateCells(
  arms: readonly Arm[],
  conditions: readonly Conditions[],
  seeds: readonly number[],
): Cell[] {
  const tried = [fedavg, ...arms.flatMap((arm) => (arm.rates ?? []).map((rate) => atRate(arm, rate)))];
  return seeds.flatMap((seed) =>
    conditions.flatMap((under) =>
      tried.map((arm) => ({
        arm: arm.name,
        mix: under.name,
        seed,
        scenario: scenarioOf(arm, under, { seed, on: 'validation' }),
      })),
    ),
  );
}

function atRate(arm: Arm, rate: number): Arm {
  return { ...arm, name: `${arm.name} | ${rate}`, rate };
}

/** A row a rule and rate: time to the target, relative to plain averaging, and final accuracy, under each mix. */
export function rateTable(outcomes: readonly CellOutcome[]): string {
  const mixes = [...new Set(outcomes.map(({ mix }) => mix))];
  const results = mixes.map((mix) => new MixResults(outcomes, mix, fedavg.name));
  const arms = [...new Set(outcomes.map(({ arm }) => arm))].filter((arm) => arm !== fedavg.name);
  const head = ['rule', 'rate', ...mixes.flatMap((mix) => [`time, ${mix}`, 'accuracy'])];
  const rows = arms.map((arm) => [
    arm,
    ...results.flatMap((mix) => [
      mix.compare(arm, fedavg.name).time?.mean.toFixed(2) ?? '-',
      `${(100 * spreadOf([...mix.finals(arm).values()]).mean).toFixed(1)} %`,
    ]),
  ]);
  return [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
