import { join } from 'node:path';
import type { Plot } from '../../../gateway/simulation';
import type { Cell } from '../runs/cell';
import type { CellOutcome } from '../runs/run-cells';
import { type Arm, scenarioOf } from '../scenarios/arms';
import {
  type Conditions,
  halfNormal,
  type Mix,
  mixes,
  published,
  skewed,
  slowByLabel,
  wearables,
} from '../scenarios/conditions';
import { patientCells, patientGridCells } from '../scenarios/patients';
import { pictureArms, pictureCells, pictureGridCells } from '../scenarios/pictures';
import * as rules from '../scenarios/rules';
import type { Roles } from '../statistics/headline';
import { patientGridTable, patientTable } from './patient-table';
import { pictureGridTable } from './picture-grid-table';
import { plotMix } from './plot';
import { rateCells, rateTable } from './rate-table';
import { ratioTable } from './ratio-table';
import { scaleCells, scaleTable } from './scale-table';

/** One table of docs/benchmarks.md or docs/research-log.md. */
export interface Table {
  /** Seeds by default. */
  readonly seeds: number;
  /** Runs of the table. @param data folder of the recordings */
  cells(data: string, seeds: readonly number[]): Cell[];
  markdown(outcomes: readonly CellOutcome[]): string;
  plots?(outcomes: readonly CellOutcome[]): Promise<Plot[]>;
  /** Roles of the arms in the headline; absent if the table has no headline. */
  readonly roles?: Roles;
}

/** Contributions of a run. */
const contributions = 2000;

const synchronous = [rules.fedavgShort, rules.fedavgMomentum, rules.fedavgOver];
const roles: Roles = {
  base: rules.fedavg.name,
  synchronous: synchronous.map(({ name }) => name),
  fedbuff: [rules.fedbuff.name, rules.fedbuffWhole.name],
  ours: rules.ours.name,
};
const headlineArms = [
  rules.fedavg,
  ...synchronous,
  rules.fedbuff,
  rules.fedbuffWhole,
  rules.ours,
  rules.oursDrawn,
];

const everyArm = [
  rules.fedavg,
  ...synchronous,
  rules.fedavgSparse,
  rules.fedasync,
  rules.fedbuff,
  rules.fedbuffWhole,
  rules.ca2fl,
  rules.fadas,
  rules.ftte,
  rules.oursDense,
  rules.ours,
];
const fewArms = [rules.fedavg, rules.fedavgMomentum, rules.fedbuff, rules.fedbuffWhole, rules.ours];
/** Rules that choose among the same number of rates. */
const rates = everyArm.filter((arm) => arm.rates && arm !== rules.fedbuffWhole);
const half = mixes.find(({ name }) => name === '50 % x10') ?? (mixes[0] as Mix);
const hapt = (data: string) => join(data, 'hapt');

/** Mixes that are drawn, and the end of the plot. */
const plotted = [
  { mix: '0 %', seconds: 150 },
  { mix: half.name, seconds: 1000 },
];

/** All tables by name. */
export const tables = {
  headline: {
    ...compared(3, headlineArms, (data) => mixes.map((mix) => wearables(hapt(data), mix, contributions))),
    plots: (outcomes: readonly CellOutcome[]) =>
      Promise.all(
        plotted.map(({ mix, seconds }) =>
          plotMix(
            outcomes,
            mix,
            headlineArms.map(({ name }) => name),
            seconds,
          ),
        ),
      ),
  },
  rules: compared(3, everyArm, (data) => [wearables(hapt(data), half, contributions)]),
  budgets: compared(3, [rules.fedavg, rules.oursDense, ...rules.budgets], (data) => [
    wearables(hapt(data), half, contributions),
  ]),
  sparse: compared(3, [rules.fedavg, ...rules.everySparse], (data) => [
    wearables(hapt(data), half, contributions),
  ]),
  encodings: compared(1, [rules.fedavg, ...rules.encodingSteps], (data) => [
    wearables(hapt(data), half, contributions),
  ]),
  ablations: compared(3, [rules.fedavg, ...rules.ablations], (data) =>
    [mixes[0] as Mix, half].map((mix) => wearables(hapt(data), mix, contributions)),
  ),
  /** Grid that the rates of the other tables were chosen with. */
  rates: {
    seeds: 1,
    cells: (data: string, seeds: readonly number[]) =>
      rateCells(
        rates,
        [mixes[0] as Mix, half].map((mix) => wearables(hapt(data), mix, contributions)),
        seeds,
      ),
    markdown: rateTable,
  },
  labels: compared(3, fewArms, (data) => mixes.map((mix) => skewed(hapt(data), mix, contributions))),
  'slow-labels': compared(3, fewArms, (data) => [
    slowByLabel(hapt(data), half, ['SITTING', 'STANDING'], contributions),
  ]),
  delays: compared(3, fewArms, (data) => [
    published(hapt(data), 'mild', contributions),
    published(hapt(data), 'large', contributions),
    halfNormal(hapt(data), contributions),
  ]),
  patients: {
    seeds: 3,
    cells: (data: string, seeds: readonly number[]) => patientCells(join(data, 'mitbih'), seeds),
    markdown: patientTable,
  },
  /** Grid that the rates of `patients` were chosen with. */
  'patients-grid': {
    seeds: 1,
    cells: (data: string, seeds: readonly number[]) => patientGridCells(join(data, 'mitbih'), seeds),
    markdown: patientGridTable,
  },
  pictures: {
    seeds: 3,
    cells: (data: string, seeds: readonly number[]) =>
      pictureCells(join(data, 'cifar10-12k'), mixes, half, seeds, 0.75 * contributions),
    markdown: (outcomes: readonly CellOutcome[]) => ratioTable(outcomes, roles.base, pictureArms),
  },
  /** Grid that the rates of `pictures` were chosen with. */
  'pictures-grid': {
    seeds: 1,
    cells: (data: string, seeds: readonly number[]) =>
      pictureGridCells(join(data, 'cifar10-12k'), half, seeds, contributions / 2),
    markdown: pictureGridTable,
  },
  /** Needs `--jobs 1`. */
  scale: {
    seeds: 1,
    cells: (data: string, seeds: readonly number[]) => scaleCells(hapt(data), seeds),
    markdown: scaleTable,
  },
} satisfies Record<string, Table>;

/** A table of all arms under all conditions. */
function compared(
  seeds: number,
  arms: readonly Arm[],
  conditionsOf: (data: string) => readonly Conditions[],
): Table {
  return {
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
            steps: arm.steps,
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
