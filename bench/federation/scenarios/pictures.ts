/** Runs of pictures (CIFAR-10) on 500 gateways. */
import type { LayerSpec } from '../../../gateway/model';
import type { ScenarioInput } from '../../../gateway/simulation';
import type { Cell } from '../runs/cell';
import { type Arm, scenarioOf } from './arms';
import { type Conditions, type Mix, wearables } from './conditions';
import * as rules from './rules';

/** Three convolutions and a dense layer with 11 thousand parameters. */
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

/** 30 % of the memory of dense training of these layers at the batch of 8. */
const budget = 127_000;

/**
 * Passes of a round, E = 5 of McMahan 2017. A gateway trains on 14 pictures, two steps per pass, and momentum restarts with
 * every round: one pass hardly moves the model.
 */
const epochs = 5;

/** Contributions between two judgements. */
const judgedEvery = 100;

/** An arm with the local rate that was best on the pictures kept aside. */
interface PictureArm extends Arm {
  readonly localRate: number;
}

const localRate = 0.02;
/** The other local rate that was tried with every rule, with its own server rate. */
const largerLocalRate = 0.05;

/** The rules that choose among the same number of server rates; `ours` has its default, and two others were tried. */
const fedavg: PictureArm = { ...rules.fedavg, localRate, rates: [0.7, 1, 1.5] };
const momentum: PictureArm = { ...rules.fedavgMomentum, localRate, name: 'FedAvg, momentum', rate: 0.2 };
const over: PictureArm = {
  ...rules.fedavgOver,
  localRate,
  name: 'FedAvg, over-selection',
  rates: [0.7, 1, 1.5],
};
const fedbuffWhole: PictureArm = { ...rules.fedbuffWhole, localRate };
const fedasync: PictureArm = { ...rules.fedasync, localRate };
const ca2fl: PictureArm = { ...rules.ca2fl, localRate };
const fadas: PictureArm = { ...rules.fadas, localRate };
const ftte: PictureArm = { ...rules.ftte, localRate };
const ours: PictureArm = { ...rules.ours, localRate, rates: [0.7, 1], budget };
const choosing = [fedavg, momentum, over, fedbuffWhole, fedasync, ca2fl, fadas, ftte, ours];

/** Compared under every mix. */
const arms: readonly PictureArm[] = [
  fedavg,
  momentum,
  over,
  { ...rules.fedbuff, localRate },
  fedbuffWhole,
  ours,
  { ...ours, name: rules.oursDrawn.name, selection: rules.oursDrawn.selection },
];
/** Compared if half of the gateways are slow. */
const more: readonly PictureArm[] = [
  { ...rules.fedavgSparse, localRate, name: 'FedAvg, sparse', budget },
  fedasync,
  ca2fl,
  fadas,
  ftte,
  { ...rules.oursDense, localRate },
];
const everyArm = [...arms, ...more];
/** Names of all arms, in the order of the table. */
export const pictureArms: readonly string[] = everyArm.map(({ name }) => name);

/** Pictures on 500 gateways, each with some of every class, because the data names no people to divide them by. */
function conditionsOf(folder: string, mix: Mix, contributions: number): Conditions {
  return {
    ...wearables(folder, mix, contributions),
    keptAside: { share: 0.1 },
    partition: { kind: 'dirichlet', alpha: 1 },
  };
}

/**
 * Runs of the table of pictures, judged by the test pictures.
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

/** Runs of the grid that rates were chosen with, judged by a tenth of the training pictures. */
export function pictureGridCells(
  folder: string,
  mix: Mix,
  seeds: readonly number[],
  contributions: number,
): Cell[] {
  const conditions = conditionsOf(folder, mix, contributions);
  const tried = choosing.flatMap((arm) => {
    const { rate: chosen, rates = [], ...rest } = arm;
    const pairs = [
      { localRate, rate: chosen },
      { localRate: largerLocalRate, rate: chosen },
      ...rates.filter((rate) => rate !== chosen).map((rate) => ({ localRate, rate })),
    ];
    return pairs.map((pair) => ({
      ...rest,
      localRate: pair.localRate,
      ...(pair.rate !== undefined && { rate: pair.rate }),
    }));
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
    // All test pictures.
    evaluation: {
      ...made.evaluation,
      maxWindows: 2000,
      everyVersions: Math.round(judgedEvery / arm.bufferSize),
    },
  };
}
