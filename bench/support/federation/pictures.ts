import type { ScenarioInput } from '../../../gateway/simulation';
import type { LayerSpec } from '../../../gateway/task';
import { type Arm, scenarioOf } from './arms';
import type { Cell } from './cell';
import { type Conditions, type Mix, wearables } from './conditions';
import { spreadOf } from './ratios';
import * as rules from './rules';
import type { CellOutcome } from './run-cells';

/** Three convolutions and a dense layer: 11 thousand parameters. */
const layers: LayerSpec[] = [
  { type: 'reshape', shape: [32, 32, 3] },
  { type: 'conv2d', filters: 8, kernel: 3, stride: 2, padding: 'same' },
  { type: 'relu' },
  { type: 'conv2d', filters: 16, kernel: 3, padding: 'same' },
  { type: 'relu' },
  { type: 'maxpool2d', size: 2 },
  { type: 'conv2d', filters: 32, kernel: 3, padding: 'same' },
  { type: 'relu' },
  { type: 'maxpool2d', size: 2 },
  { type: 'flatten' },
  { type: 'dense', units: 10 },
];

/** 30 % of what dense training of these layers takes at the batch of 8. */
const budget = 127_000;

/**
 * Passes of a round, E = 5 of McMahan 2017. A gateway has 14 pictures to train on, two steps a pass, and momentum begins
 * anew with every round: one pass hardly moves the model.
 */
const epochs = 5;

/** Judged once in so many contributions. */
const judgedEvery = 100;

/** An arm with what it was given to choose from, and the pair that won on the pictures kept aside. */
interface PictureArm extends Arm {
  readonly localRate: number;
  readonly localRates: readonly number[];
}

/** The smaller local rate won with the first three rules that had both; the others choose a server rate at that one. */
const few = { localRate: 0.02, localRates: [0.02] };
const both = { localRate: 0.02, localRates: [0.02, 0.05] };

const fedavg: PictureArm = { ...rules.fedavg, ...both, rates: [1, 1.5] };
const fedbuffWhole: PictureArm = { ...rules.fedbuffWhole, ...both, rates: [0.5, 1] };
/** At the rate that it takes by itself, which won. */
const ours: PictureArm = { ...rules.ours, ...both, rates: [0.35, 0.7, 1], budget };
/** Compared under every mix. */
const arms: readonly PictureArm[] = [
  fedavg,
  { ...rules.fedavgMomentum, ...few, name: 'FedAvg, momentum', rate: 0.2 },
  { ...rules.fedavgOver, ...few, name: 'FedAvg, over-selection', rates: [1] },
  { ...rules.fedbuff, ...few, rates: [] },
  fedbuffWhole,
  ours,
  { ...ours, name: rules.oursDrawn.name, rates: [], selection: rules.oursDrawn.selection },
];
/** Compared where half of the gateways are slow. */
const more: readonly PictureArm[] = [
  { ...rules.fedavgSparse, ...few, name: 'FedAvg, sparse', rates: [], budget },
  { ...rules.fedasync, ...few },
  { ...rules.ca2fl, ...few },
  { ...rules.fadas, ...few },
  { ...rules.ftte, ...few },
  { ...rules.oursDense, ...few },
];
const everyArm = [...arms, ...more];
export const pictureArms: readonly string[] = everyArm.map(({ name }) => name);

/** Pictures on 500 gateways, each with some of every class: nobody has taken them, so there is nobody to cut them by. */
function conditionsOf(folder: string, mix: Mix, contributions: number): Conditions {
  return {
    ...wearables(folder, mix, contributions),
    keptAside: { share: 0.1 },
    partition: { kind: 'dirichlet', alpha: 1 },
  };
}

/**
 * The table's runs, judged by the test pictures.
 * @param half the mix that every rule is compared under
 */
export function pictureCells(
  folder: string,
  mixes: readonly Mix[],
  half: Mix,
  seeds: readonly number[],
  contributions: number,
): Cell[] {
  return seeds.flatMap((seed) =>
    mixes.flatMap((mix) =>
      (mix === half ? everyArm : arms).map((arm) => ({
        arm: arm.name,
        mix: mix.name,
        seed,
        scenario: scenario(arm, conditionsOf(folder, mix, contributions), { seed, on: 'test' }),
      })),
    ),
  );
}

/** What rates were chosen with: the same on a tenth of the training pictures. */
export function pictureGridCells(
  folder: string,
  mix: Mix,
  seeds: readonly number[],
  contributions: number,
): Cell[] {
  const conditions = conditionsOf(folder, mix, contributions);
  const tried = everyArm.flatMap((arm) => {
    const { rate: chosen, rates = [], ...rest } = arm;
    // The chosen server rate at every local rate, the others at the chosen one.
    const pairs = [
      ...arm.localRates.map((localRate) => ({ localRate, rate: chosen })),
      ...rates.filter((rate) => rate !== chosen).map((rate) => ({ localRate: arm.localRate, rate })),
    ];
    return pairs.map(({ localRate, rate }) => ({ ...rest, localRate, ...(rate !== undefined && { rate }) }));
  });
  return seeds.flatMap((seed) =>
    tried.map((arm) => ({
      arm: arm.name,
      mix: `local ${arm.localRate}, server ${arm.rate ?? 'auto'}`,
      seed,
      scenario: scenario(arm, conditions, { seed, on: 'validation' }),
    })),
  );
}

/** Accuracy on the pictures kept aside: a row a rule and pair of rates. */
export function pictureGridTable(outcomes: readonly CellOutcome[]): string {
  const lines = outcomes.map(({ arm, mix, seed, result: { curve } }) => {
    const accuracy = spreadOf(curve.slice(-5).map((point) => point.accuracy)).mean;
    return `| ${arm} | ${mix} | ${seed} | ${(100 * accuracy).toFixed(1)} % |`;
  });
  return ['| rule | rates | seed | accuracy |', '| --- | --- | ---: | ---: |', ...lines].join('\n');
}

function scenario(
  arm: PictureArm,
  conditions: Conditions,
  options: { readonly seed: number; readonly on: 'validation' | 'test' },
): ScenarioInput {
  const training = { batchSize: 8, epochs, learningRate: arm.localRate };
  const made = scenarioOf({ ...arm, training }, conditions, options);
  return {
    ...made,
    task: { ...made.task, model: { layers } },
    // All of them: it is the test pictures' whole number.
    evaluation: {
      ...made.evaluation,
      maxWindows: 2000,
      everyVersions: Math.round(judgedEvery / arm.bufferSize),
    },
  };
}
