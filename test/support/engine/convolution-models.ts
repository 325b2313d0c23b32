import { type LayerSpec, type ModelSpec, resolveModel, type Shape } from '../../../gateway/model';

const relu: LayerSpec = { type: 'relu' };
const flatten: LayerSpec = { type: 'flatten' };
const dense = (units: number): LayerSpec => ({ type: 'dense', units });
const picture = (...shape: number[]): LayerSpec => ({ type: 'reshape', shape });

const model = (input: Shape, layers: LayerSpec[], outputs: number): ModelSpec =>
  resolveModel(input, layers, outputs, 'softmax-cross-entropy');

type Options = { stride?: number | [number, number]; padding?: 'same' | 'valid'; bias?: boolean };
const conv2d = (filters: number, kernel: number | [number, number], options: Options = {}): LayerSpec => ({
  type: 'conv2d',
  filters,
  kernel,
  padding: 'same',
  ...options,
});
const depth2d = (kernel: number | [number, number], options: Options = {}): LayerSpec => ({
  type: 'depthwiseconv2d',
  kernel,
  padding: 'same',
  ...options,
});
type Options1d = Omit<Options, 'padding'> & {
  stride?: number;
  dilation?: number;
  padding?: 'same' | 'valid' | 'causal';
};
const conv1d = (filters: number, kernel: number, options: Options1d = {}): LayerSpec => ({
  type: 'conv1d',
  filters,
  kernel,
  padding: 'same',
  ...options,
});
const depth1d = (kernel: number, options: Options & { stride?: number } = {}): LayerSpec => ({
  type: 'depthwiseconv1d',
  kernel,
  padding: 'same',
  ...options,
});

/** Convolutions over pictures, of single channels, with strides and without biases, at sizes that fit no tile. */
export const convolutionModels: readonly (readonly [name: string, model: ModelSpec])[] = [
  [
    'pictures, one after another',
    model([30, 3], [picture(6, 5, 3), conv2d(5, 3), relu, conv2d(9, [3, 2]), relu, flatten, dense(4)], 4),
  ],
  [
    'pictures with strides and an even kernel',
    model(
      [63, 2],
      [
        picture(9, 7, 2),
        conv2d(8, 3, { stride: 2 }),
        relu,
        conv2d(6, [2, 3], { stride: [2, 1], padding: 'valid', bias: false }),
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'pictures wide enough for a tile',
    model(
      [44, 1],
      [picture(4, 11, 1), conv2d(8, 3), relu, conv2d(12, 3, { stride: [1, 3] }), flatten, dense(2)],
      2,
    ),
  ],
  [
    'strides longer than the kernel',
    model(
      [70, 3],
      [
        picture(7, 10, 3),
        relu,
        conv2d(4, 1),
        conv2d(5, [1, 2], { stride: 3 }),
        relu,
        depth2d(1, { stride: 2 }),
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'a kernel larger than the picture',
    model([6, 4], [picture(2, 3, 4), conv2d(4, 5), depth2d(5, { bias: false }), flatten, dense(3)], 3),
  ],
  [
    'depthwise and pointwise pictures',
    model(
      [35, 4],
      [
        picture(5, 7, 4),
        depth2d(3),
        relu,
        conv2d(18, 1, { bias: false }),
        depth2d([2, 3], { stride: [1, 2], bias: false }),
        conv2d(5, 1),
        relu,
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'depthwise rows',
    model(
      [19, 5],
      [
        depth1d(7),
        relu,
        conv1d(21, 1),
        relu,
        depth1d(4, { padding: 'valid' }),
        conv1d(6, 1, { bias: false }),
        { type: 'globalaveragepool1d' },
        dense(3),
      ],
      3,
    ),
  ],
  [
    'depthwise rows with strides',
    model(
      [23, 9],
      [depth1d(5, { stride: 2, bias: false }), relu, depth1d(3, { stride: 3 }), flatten, dense(4)],
      4,
    ),
  ],
  [
    'rows with strides',
    model(
      [25, 3],
      [
        conv1d(7, 5, { stride: 2 }),
        relu,
        conv1d(8, 4, { stride: 3, padding: 'valid' }),
        relu,
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'rows that see no later ones',
    model(
      [25, 3],
      [
        conv1d(7, 5, { padding: 'causal' }),
        relu,
        conv1d(9, 4, { padding: 'causal', stride: 3 }),
        relu,
        conv1d(5, 1, { padding: 'causal' }),
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'causal rows of sizes that Winograd kernels take',
    model(
      [8, 16],
      [
        conv1d(16, 5, { padding: 'causal' }),
        relu,
        conv1d(8, 5, { padding: 'causal' }),
        relu,
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'taps that lie apart',
    model(
      [25, 3],
      [
        conv1d(9, 3, { padding: 'causal', dilation: 2 }),
        relu,
        conv1d(16, 2, { padding: 'causal', dilation: 4 }),
        relu,
        conv1d(5, 3, { dilation: 3, bias: false }),
        relu,
        conv1d(11, 2, { padding: 'valid', dilation: 5 }),
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'taps that lie further apart than the rows are long',
    model(
      [5, 9],
      [
        conv1d(4, 3, { dilation: 7 }),
        relu,
        conv1d(3, 2, { padding: 'causal', dilation: 9 }),
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'no biases anywhere',
    model(
      [16, 8],
      [
        conv1d(16, 5, { bias: false }),
        relu,
        conv1d(8, 5, { bias: false }),
        flatten,
        { type: 'dense', units: 3, bias: false },
      ],
      3,
    ),
  ],
  [
    'rows laid out again',
    model(
      [12, 2],
      [
        flatten,
        dense(20),
        relu,
        picture(10, 2),
        conv1d(4, 3),
        relu,
        picture(8, 5),
        conv1d(3, 2),
        flatten,
        dense(2),
      ],
      2,
    ),
  ],
];
