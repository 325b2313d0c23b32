import { spreadOf } from '../../support/statistics';
import type { Cell } from '../runs/cell';
import type { CellOutcome } from '../runs/run-cells';
import { type Arm, scenarioOf } from '../scenarios/arms';
import type { Conditions } from '../scenarios/conditions';
import { fedavg } from '../scenarios/rules';
import { MixResults } from '../statistics/mix-results';
import { markdownTable, percent } from './markdown';

/** Runs of every rule at each of its rates, judged by the training people kept aside, and of the base. */
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

/** One row per rule and rate: time to the target relative to plain averaging, and final accuracy, under each mix. */
export function rateTable(outcomes: readonly CellOutcome[]): string {
  const mixes = [...new Set(outcomes.map(({ mix }) => mix))];
  const results = mixes.map((mix) => new MixResults(outcomes, mix, fedavg.name));
  const arms = [...new Set(outcomes.map(({ arm }) => arm))].filter((arm) => arm !== fedavg.name);
  const head = ['rule', 'rate', ...mixes.flatMap((mix) => [`time, ${mix}`, 'accuracy'])];
  const rows = arms.map((arm) => [
    arm,
    ...results.flatMap((mix) => [
      mix.compare(arm, fedavg.name).time?.mean.toFixed(2) ?? '-',
      percent(spreadOf([...mix.finals(arm).values()]).mean),
    ]),
  ]);
  return markdownTable(head, rows);
}
