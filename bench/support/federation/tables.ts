import { join } from 'node:path';
import { type Arm, scenarioOf } from './arms';
import type { Cell } from './cell';
import { type Conditions, mixes, wearables } from './conditions';
import type { Roles } from './headline';
import { ratioTable } from './ratio-table';
import * as rules from './rules';
import type { CellOutcome } from './run-cells';

/** One table of docs/benchmarks.md. */
export interface Table {
  readonly title: string;
  /** Seeds by default. */
  readonly seeds: number;
  /** @param data folder that holds the data sets */
  cells(data: string, seeds: readonly number[]): Cell[];
  markdown(outcomes: readonly CellOutcome[]): string;
  /** Which arm is what; absent where there is no headline to draw from the table. */
  readonly roles?: Roles;
}

/** Contributions of a run: by then plain averaging has stopped to rise. */
const contributions = 2000;

const synchronous = [rules.fedavgShort, rules.fedavgMomentum, rules.fedavgOver];
const roles: Roles = {
  base: rules.fedavg.name,
  synchronous: synchronous.map(({ name }) => name),
  fedbuff: rules.fedbuff.name,
  ours: rules.ours.name,
};
const headlineArms = [rules.fedavg, ...synchronous, rules.fedbuff, rules.ours];

export const tables = {
  headline: compared('Headline', 3, headlineArms, (data) =>
    mixes.map((mix) => wearables(join(data, 'hapt'), mix, contributions)),
  ),
} satisfies Record<string, Table>;

/** All arms under all conditions. */
function compared(
  title: string,
  seeds: number,
  arms: readonly Arm[],
  conditionsOf: (data: string) => readonly Conditions[],
): Table {
  return {
    title,
    seeds,
    roles,
    cells: (data, chosen) =>
      chosen.flatMap((seed) =>
        conditionsOf(data).flatMap((conditions) =>
          arms.map((arm) => ({
            arm: arm.name,
            mix: conditions.name,
            seed,
            scenario: scenarioOf(arm, conditions, { seed, on: 'test' }),
          })),
        ),
      ),
    markdown: (outcomes) =>
      ratioTable(
        outcomes,
        roles.base,
        arms.map(({ name }) => name),
      ),
  };
}
