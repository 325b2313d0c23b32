/** The two reference models of the benchmarks, and plans for them. */
import {
  type LayerSpec,
  type ModelSpec,
  type Plan,
  type PlanEntry,
  parameterLayout,
  resolveModel,
} from '../../gateway/model';

/** Examples of one step, in every case. */
export const batchSize = 32;

const relu: LayerSpec = { type: 'relu' };
const conv = (filters: number): LayerSpec => ({ type: 'conv1d', filters, kernel: 5, padding: 'same' });
const pool: LayerSpec = { type: 'maxpool1d', size: 2 };

/** The two models of the measurements: 561-64-6 dense, and three convolutions over 128 x 9 (275 MFLOP per step). */
export const benchModels = {
  mlp: resolveModel(
    [561, 1],
    [{ type: 'flatten' }, { type: 'dense', units: 64 }, relu, { type: 'dense', units: 6 }],
    6,
    'softmax-cross-entropy',
  ),
  cnn: resolveModel(
    [128, 9],
    [
      conv(32),
      relu,
      pool,
      conv(64),
      relu,
      pool,
      conv(64),
      relu,
      { type: 'globalaveragepool1d' },
      { type: 'dense', units: 6 },
    ],
    6,
    'softmax-cross-entropy',
  ),
} as const;

/** A name of these models. */
export type BenchModel = keyof typeof benchModels;

/** Number of layers at the end that the sparse plans train: both layers of the MLP would be the whole model. */
const lateLayers: Record<BenchModel, number> = { mlp: 1, cnn: 2 };

/** Part of a model that a plan trains. */
export type TrainedPart = 'full' | 'biases+last' | 'last';

/** A plan by name: the trained part and, after a slash, the micro-batch if it is not the whole batch. */
export interface PlanCase {
  readonly name: string;
  readonly part: TrainedPart;
  readonly microBatch: number;
}

const parts: readonly TrainedPart[] = ['full', 'biases+last', 'last'];
/** All combinations of parts and micro-batches. */
export const planCases: readonly PlanCase[] = parts.flatMap((part) =>
  [batchSize, 8, 1].map((microBatch) => ({
    name: microBatch === batchSize ? part : `${part}/${microBatch}`,
    part,
    microBatch,
  })),
);

/** The tensors that a part trains. */
export function trainedTensors(model: BenchModel, part: TrainedPart): number[] {
  const { tensors } = parameterLayout(benchModels[model]);
  const layers = [...new Set(tensors.map((tensor) => tensor.layer))];
  const late = new Set(layers.slice(-lateLayers[model]));
  return tensors.flatMap((tensor, index) => {
    const trained =
      part === 'full' || late.has(tensor.layer) || (part === 'biases+last' && tensor.role === 'bias');
    return trained ? [index] : [];
  });
}

/** The plan of a case. */
export function benchPlan(model: BenchModel, { part, microBatch }: PlanCase): Plan {
  return { entries: trainedTensors(model, part).map((tensor): PlanEntry => ({ tensor })), microBatch };
}

/** Numbers in one input example. */
export function inputSize(model: ModelSpec): number {
  return model.input.reduce((product, length) => product * length, 1);
}
