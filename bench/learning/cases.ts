import type { ScenarioInput } from '../../gateway/simulation';
import { dataFolder } from '../support/recordings';

/** A row of the table: what is learned from which recording, and the best figure that other software reached there. */
export interface LearningCase {
  readonly data: string;
  /** The preset, and what a person would choose besides it. */
  readonly setting: string;
  readonly measure: 'balanced accuracy' | 'AUC';
  readonly bestElsewhere: { readonly value: number; readonly by: string };
  /** Passes of the training with all data in one place. */
  readonly centralPasses: number;
  readonly scenario: Omit<ScenarioInput, 'seeds'>;
}

/** Settings that all have in common: everybody trains all the time, ten at a time, and the test people judge. */
const common = {
  schedule: { kind: 'continuous', concurrency: 10 },
  stop: { versions: 60 },
  evaluation: { on: 'test', everyVersions: 20, maxWindows: 100_000, meanOver: 1, clientHoldOut: 0 },
} as const;

/** The cases, each with the defaults of a task but for what `setting` names. */
export const learningCases = (): readonly LearningCase[] => [
  {
    data: 'hapt',
    setting: 'features S',
    measure: 'balanced accuracy',
    bestElsewhere: { value: 0.947, by: 'gradient boosting on 197 statistics, scikit-learn' },
    centralPasses: 20,
    scenario: {
      ...common,
      name: 'hapt',
      data: { folder: dataFolder('hapt') },
      clients: 21,
      task: { model: { preset: 'features' } },
    },
  },
  {
    data: 'mitbih',
    setting: 'features S at beats',
    measure: 'balanced accuracy',
    bestElsewhere: { value: 0.806, by: 'linear discriminant analysis of the same measures, scikit-learn' },
    centralPasses: 20,
    scenario: {
      ...common,
      name: 'mitbih',
      data: { folder: dataFolder('mitbih'), without: ['Q'], mostOfEachLabel: 300, intervals: true },
      clients: 21,
      task: { model: { preset: 'features' } },
      // As gateways do by default: how often labels come is known from the windows that they hold out.
      evaluation: { ...common.evaluation, federated: true },
    },
  },
  {
    data: 'stress-predict',
    setting: 'features S, scaled by person',
    measure: 'AUC',
    bestElsewhere: { value: 0.76, by: 'gru, PyTorch' },
    centralPasses: 20,
    scenario: {
      ...common,
      name: 'stress',
      data: { folder: dataFolder('stress-predict') },
      clients: 28,
      task: { model: { preset: 'features' }, input: { normalisation: 'person' } },
    },
  },
];
