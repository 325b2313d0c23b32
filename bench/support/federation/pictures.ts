import type { LayerSpec } from '../../../gateway/task';
import { type Arm, scenarioOf } from './arms';
import type { Cell } from './cell';
import { type Conditions, type Mix, wearables } from './conditions';
import { fedavg, fedbuffWhole, ours } from './rules';

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

/** Of .05 and .1 the better for both FedBuff and ours, on a tenth of the training pictures kept aside. */
const learningRate = 0.05;
const onPictures = (arm: Arm): Arm => ({ ...arm, training: { ...arm.training, learningRate } });

export const pictureArms: readonly Arm[] = [fedavg, fedbuffWhole, { ...ours, budget }].map(onPictures);

/** Pictures on 500 gateways, each with some of every class: nobody has taken them, so there is nobody to cut them by. */
function conditionsOf(folder: string, mix: Mix, contributions: number): Conditions {
  return {
    ...wearables(folder, mix, contributions),
    keptAside: { share: 0.1 },
    partition: { kind: 'dirichlet', alpha: 1 },
  };
}

/** @param on whom to judge by: a tenth of the training pictures, to choose with, or the test pictures */
export function pictureCells(
  folder: string,
  mixes: readonly Mix[],
  seeds: readonly number[],
  contributions: number,
  on: 'validation' | 'test' = 'test',
): Cell[] {
  return seeds.flatMap((seed) =>
    mixes.flatMap((mix) =>
      pictureArms.map((arm) => {
        const scenario = scenarioOf(arm, conditionsOf(folder, mix, contributions), { seed, on });
        return {
          arm: arm.name,
          mix: mix.name,
          seed,
          scenario: {
            ...scenario,
            task: { ...scenario.task, model: { layers } },
            // All of them: classes take turns in this data, so every second or third picture would miss some classes.
            evaluation: { ...scenario.evaluation, maxWindows: 2000 },
          },
        };
      }),
    ),
  );
}
