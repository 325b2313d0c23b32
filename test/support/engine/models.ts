import type { Samples } from '../../../gateway/engine';
import {
  initialParameters,
  type LayerSpec,
  type ModelSpec,
  type ParameterRole,
  parameterLayout,
  resolveModel,
  type Shape,
  sampleRows,
  sizeOf,
} from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';

const relu: LayerSpec = { type: 'relu' };
const flatten: LayerSpec = { type: 'flatten' };
const average: LayerSpec = { type: 'globalaveragepool1d' };
const dense = (units: number): LayerSpec => ({ type: 'dense', units });
const pool = (size: number): LayerSpec => ({ type: 'maxpool1d', size });
const conv = (filters: number, kernel: number, padding: 'same' | 'valid' = 'same'): LayerSpec => ({
  type: 'conv1d',
  filters,
  kernel,
  padding,
});

const model = (input: Shape, layers: LayerSpec[], outputs: number): ModelSpec =>
  resolveModel(input, layers, outputs, 'softmax-cross-entropy');

/** Small models that together have every layer, both paddings, and sizes that no kernel's tile divides. */
export const smallModels: readonly (readonly [name: string, model: ModelSpec])[] = [
  ['one dense layer', model([5, 1], [flatten, dense(3)], 3)],
  ['dense layers of odd sizes', model([7, 3], [flatten, dense(13), relu, dense(9), relu, dense(6)], 6)],
  ['dense layers of even sizes', model([8, 4], [flatten, dense(16), relu, dense(8)], 8)],
  ['a convolution and an average', model([16, 1], [conv(8, 5), relu, average, dense(6)], 6)],
  [
    'the shape of the preset, odd channels',
    model(
      [22, 9],
      [conv(7, 5), relu, pool(2), conv(5, 3), relu, pool(2), conv(6, 5), relu, average, dense(6)],
      6,
    ),
  ],
  [
    'valid padding and a length that pooling does not divide',
    model([17, 3], [conv(4, 4, 'valid'), relu, pool(3), conv(5, 2, 'valid'), relu, flatten, dense(2)], 2),
  ],
  ['a kernel as long as the window', model([9, 5], [conv(12, 9, 'valid'), relu, flatten, dense(4)], 4)],
  ['an even kernel with same padding', model([11, 7], [conv(3, 4), relu, conv(8, 2), average, dense(5)], 5)],
  ['a kernel of one', model([6, 5], [conv(9, 1), relu, pool(2), flatten, dense(3)], 3)],
  ['a kernel longer than the window', model([4, 2], [conv(6, 7), relu, average, dense(3)], 3)],
  [
    'pooling before any weight, and no ReLU',
    model([13, 6], [pool(2), conv(5, 3), pool(5), flatten, dense(6)], 6),
  ],
  ['a ReLU at the input', model([10, 4], [relu, conv(4, 3), relu, average, dense(10), relu, dense(2)], 2)],
];

/** Each loss and each target, on models whose layers are tried elsewhere. */
export const lossModels: readonly (readonly [name: string, model: ModelSpec])[] = [
  ['a yes or no', resolveModel([6, 2], [conv(5, 3), relu, flatten, dense(1)], 1, 'binary-cross-entropy')],
  ['one yes or no a label', resolveModel([5, 3], [flatten, dense(7)], 7, 'binary-cross-entropy')],
  [
    'a forecast of all channels',
    resolveModel([7, 3], [flatten, dense(9), relu, dense(6)], 6, 'mean-squared-error', {
      kind: 'following',
      rows: 2,
      channels: [0, 1, 2],
    }),
  ],
  [
    "a forecast of chosen channels with Huber's loss",
    resolveModel([6, 4], [conv(6, 3), relu, average, dense(6)], 6, 'huber', {
      kind: 'following',
      rows: 3,
      channels: [3, 1],
    }),
  ],
  [
    'an input rebuilt by convolutions',
    resolveModel([9, 3], [conv(5, 3), relu, conv(3, 5)], 27, 'mean-squared-error', { kind: 'input' }),
  ],
  [
    "an input rebuilt by dense layers with Huber's loss",
    resolveModel([4, 3], [flatten, dense(5), relu, dense(12)], 12, 'huber', { kind: 'input' }),
  ],
];

/** Parameters as training finds them later on: the initial kernels, and nothing else at zero or one. */
export function exampleParameters(spec: ModelSpec, seed = 7): Float32Array {
  const parameters = initialParameters(spec, seed);
  const random = new SeededRandom(seed + 1);
  for (const tensor of parameterLayout(spec).tensors) {
    const draw = draws[tensor.role];
    for (let i = 0; draw && i < tensor.size; i++) parameters[tensor.offset + i] = draw(random.normal());
  }
  return parameters;
}

const draws: Partial<Record<ParameterRole, (normal: number) => number>> = {
  bias: (normal) => 0.1 * normal,
  gamma: (normal) => 1 + 0.3 * normal,
  beta: (normal) => 0.1 * normal,
  mean: (normal) => 0.2 * normal,
  variance: (normal) => 0.5 + Math.abs(normal),
};

/** Random examples, each class occurring in turn where there are classes. */
export function exampleSamples(spec: ModelSpec, count: number, seed = 3): Samples {
  const random = new SeededRandom(seed);
  const size = (sizeOf(spec.input) / spec.input[0]!) * sampleRows(spec);
  const classes = spec.outputs === 1 && spec.loss === 'binary-cross-entropy' ? 2 : spec.outputs;
  return {
    count,
    x: Float32Array.from({ length: count * size }, () => random.normal()),
    y: Uint16Array.from({ length: spec.target.kind === 'class' ? count : 0 }, (_, i) => i % classes),
  };
}

/** The inputs of samples, without what follows them: what `predict` takes. */
export function inputsOf(spec: ModelSpec, { x, count }: Samples): Float32Array {
  const [size, sample] = [sizeOf(spec.input), x.length / count];
  const inputs = new Float32Array(count * size);
  for (let i = 0; i < count; i++) inputs.set(x.subarray(i * sample, i * sample + size), i * size);
  return inputs;
}
