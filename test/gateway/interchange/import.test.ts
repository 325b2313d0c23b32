import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { LayerType } from '../../../gateway/model';
import { assertSamePredictions } from '../../support/interchange/tensorflow-models';

const { layers: L } = tf;
type Layers = tf.layers.Layer[];

/** Layers as people write them in TensorFlow.js, over rows of 12 by 3 or over features, and the layers they become. */
const chains: [string, number[], () => Layers, LayerType[], string?][] = [
  [
    'softmax as an activation',
    [8],
    () => [L.dense({ units: 3, activation: 'softmax' })],
    ['dense'],
    'softmax',
  ],
  ['softmax as a layer', [8], () => [L.dense({ units: 3 }), L.softmax()], ['dense'], 'softmax'],
  [
    'softmax of axis 1 over features',
    [8],
    () => [L.dense({ units: 3 }), L.softmax({ axis: 1 })],
    ['dense'],
    'softmax',
  ],
  [
    'softmax as an Activation with a linear one after it',
    [8],
    () => [
      L.dense({ units: 3 }),
      L.activation({ activation: 'softmax' }),
      L.activation({ activation: 'linear' }),
    ],
    ['dense'],
    'softmax',
  ],
  [
    'ReLU in its forms',
    [8],
    () => [
      L.dense({ units: 6 }),
      L.reLU(),
      L.dense({ units: 6 }),
      L.reLU({ maxValue: 6 }),
      L.dense({ units: 2 }),
    ],
    ['dense', 'relu', 'dense', 'relu6', 'dense'],
  ],
  [
    'LeakyReLU',
    [12, 3],
    () => [L.leakyReLU(), L.flatten(), L.dense({ units: 4 }), L.leakyReLU({ alpha: 0.01 })],
    ['leakyrelu', 'flatten', 'dense', 'leakyrelu'],
  ],
  [
    'LeakyReLU that does not leak',
    [8],
    () => [L.dense({ units: 4 }), L.leakyReLU({ alpha: 0 })],
    ['dense', 'relu'],
  ],
  [
    'ELU as a layer and as an activation',
    [12, 3],
    () => [
      L.elu(),
      L.conv1d({ filters: 4, kernelSize: 3, activation: 'elu' }),
      L.flatten(),
      L.dense({ units: 2 }),
    ],
    ['elu', 'conv1d', 'elu', 'flatten', 'dense'],
  ],
  [
    'GlobalMaxPooling1D',
    [12, 3],
    () => [
      L.conv1d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      L.globalMaxPooling1d({}),
      L.dense({ units: 2 }),
    ],
    ['conv1d', 'relu', 'globalmaxpool1d', 'dense'],
  ],
  [
    'GlobalMaxPooling2D',
    [5, 6, 2],
    () => [L.conv2d({ filters: 4, kernelSize: 3 }), L.globalMaxPooling2d({}), L.dense({ units: 2 })],
    ['reshape', 'conv2d', 'globalmaxpool2d', 'dense'],
  ],
  [
    'a dilation',
    [12, 3],
    () => [
      L.conv1d({ filters: 4, kernelSize: 3, dilationRate: 2 }),
      L.conv1d({ filters: 9, kernelSize: 2, dilationRate: 3, padding: 'same', useBias: false }),
      L.flatten(),
      L.dense({ units: 2 }),
    ],
    ['conv1d', 'conv1d', 'flatten', 'dense'],
  ],
  [
    'LayerNormalization of rows and of features',
    [12, 3],
    () => [
      L.conv1d({ filters: 4, kernelSize: 3 }),
      L.layerNormalization(),
      L.flatten(),
      L.layerNormalization({ axis: 1, epsilon: 1e-5 }),
      L.dense({ units: 2 }),
    ],
    ['conv1d', 'layernorm', 'flatten', 'layernorm', 'dense'],
  ],
  [
    'LayerNormalization without scale and centre',
    [12, 3],
    () => [
      L.layerNormalization({ scale: false, axis: [-1] }),
      L.layerNormalization({ center: false }),
      L.flatten(),
      L.dense({ units: 2 }),
    ],
    ['layernorm', 'layernorm', 'flatten', 'dense'],
  ],
  [
    'LSTM as TensorFlow.js makes it',
    [12, 3],
    () => [L.lstm({ units: 5 }), L.dense({ units: 2 })],
    ['lstm', 'dense'],
  ],
  [
    'LSTM as Keras makes it, on one another',
    [12, 3],
    () => [
      L.lstm({ units: 5, recurrentActivation: 'sigmoid', returnSequences: true }),
      L.lstm({ units: 4, recurrentActivation: 'sigmoid', useBias: false }),
      L.dense({ units: 2, activation: 'softmax' }),
    ],
    ['lstm', 'lstm', 'dense'],
    'softmax',
  ],
  [
    'BatchNormalization without scale and centre',
    [12, 3],
    () => [
      L.batchNormalization({ scale: false }),
      L.batchNormalization({ center: false, axis: 2 }),
      L.flatten(),
      L.dense({ units: 2 }),
    ],
    ['batchnorm', 'batchnorm', 'flatten', 'dense'],
  ],
  [
    'windows of rows that overlap',
    [12, 3],
    () => [
      L.maxPooling1d({ poolSize: 3, strides: 2 }),
      L.averagePooling1d({ poolSize: 3, strides: 1 }),
      L.flatten(),
      L.dense({ units: 2 }),
    ],
    ['maxpool1d', 'averagepool1d', 'flatten', 'dense'],
  ],
  [
    'windows of rows that reach beyond the ends',
    [13, 3],
    () => [
      L.maxPooling1d({ poolSize: 2, padding: 'same' }),
      L.averagePooling1d({ poolSize: 3, strides: 2, padding: 'same' }),
      L.flatten(),
      L.dense({ units: 2 }),
    ],
    ['maxpool1d', 'averagepool1d', 'flatten', 'dense'],
  ],
  [
    'windows of pictures that overlap',
    [7, 6, 2],
    () => [
      L.maxPooling2d({ poolSize: [3, 2], strides: [2, 1], padding: 'same' }),
      L.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
      L.flatten(),
      L.dense({ units: 2 }),
    ],
    ['reshape', 'maxpool2d', 'averagepool2d', 'flatten', 'dense'],
  ],
  [
    'noise and dropouts that do something in training only',
    [12, 3],
    () => [
      L.gaussianNoise({ stddev: 0.1 }),
      L.gaussianDropout({ rate: 0.1 }),
      L.alphaDropout({ rate: 0.1 }),
      L.flatten(),
      L.dense({ units: 2 }),
    ],
    ['flatten', 'dense'],
  ],
];

describe('A model of TensorFlow.js predicts here what it predicts there', () => {
  before(() => tf.setBackend('cpu'));

  for (const [what, input, layers, wanted, head = 'none'] of chains)
    it(`with ${what}`, async () => {
      const model = tf.sequential({ layers: [L.inputLayer({ inputShape: input }), ...layers()] });
      const read = await assertSamePredictions(model, input);
      const own = read.layers
        .map(({ type }) => type)
        .filter((type, i) => i > 0 || type !== 'flatten' || wanted[0] === 'flatten');
      assert.deepEqual(own, wanted);
      assert.equal(read.head, head);
    });

  /** Graphs over rows of 8 by 3: from the input to what the last layer takes, and the layers that it becomes. */
  const graphs: [string, (x: tf.SymbolicTensor) => tf.SymbolicTensor, string][] = [
    [
      'branches of different kernels side by side',
      (x) => concatenate(...[1, 3, 5].map((size) => pooled(conv(4, size, x)))),
      'conv1d relu globalaveragepool1d branch conv1d relu globalaveragepool1d branch conv1d relu globalaveragepool1d concat concat dense',
    ],
    [
      'a layer beside what it takes, before and behind',
      (x) => {
        const first = concatenate(x, conv(4, 3, x));
        return pooled(concatenate(conv(2, 3, first), first));
      },
      'conv1d relu concat conv1d relu concat globalaveragepool1d dense',
    ],
    [
      'a residual connection with a convolution of its own',
      (x) => {
        const main = conv(4, 3, conv(4, 3, x));
        return pooled(add(main, conv(4, 1, x)));
      },
      'conv1d relu conv1d relu branch conv1d relu add globalaveragepool1d dense',
    ],
    [
      'a sum of three, of which one is the input',
      (x) => pooled(add(conv(3, 3, x), x, conv(3, 5, x))),
      'conv1d relu branch conv1d relu add add globalaveragepool1d dense',
    ],
    [
      'layers that are all taken by the later ones',
      (x) => {
        const a = conv(2, 3, x);
        const b = conv(2, 3, concatenate(x, a));
        return pooled(conv(2, 3, concatenate(x, a, b)));
      },
      'conv1d relu concat conv1d relu concat concat conv1d relu globalaveragepool1d dense',
    ],
    ['a value beside itself', (x) => pooled(concatenate(x, x)), 'concat globalaveragepool1d dense'],
  ];
  const conv = (filters: number, kernelSize: number, x: tf.SymbolicTensor) =>
    L.conv1d({ filters, kernelSize, padding: 'same', activation: 'relu' }).apply(x) as tf.SymbolicTensor;
  const pooled = (x: tf.SymbolicTensor) => L.globalAveragePooling1d({}).apply(x) as tf.SymbolicTensor;
  const concatenate = (...parts: tf.SymbolicTensor[]) => L.concatenate().apply(parts) as tf.SymbolicTensor;
  const add = (...parts: tf.SymbolicTensor[]) => L.add().apply(parts) as tf.SymbolicTensor;

  for (const [what, body, wanted] of graphs)
    it(`with ${what}`, async () => {
      const input = tf.input({ shape: [8, 3] });
      const output = L.dense({ units: 2, activation: 'softmax' }).apply(body(input)) as tf.SymbolicTensor;
      const read = await assertSamePredictions(tf.model({ inputs: input, outputs: output }), [8, 3]);
      assert.equal(read.layers.map(({ type }) => type).join(' '), wanted);
    });

  it('with models in one another', async () => {
    const inner = tf.sequential({
      name: 'inner',
      layers: [L.dense({ inputShape: [5], units: 4, activation: 'tanh', name: 'same' })],
    });
    const input = tf.input({ shape: [4] });
    const middle = tf.model({
      name: 'middle',
      inputs: input,
      outputs: L.dense({ units: 4, name: 'dense' }).apply(
        L.dense({ units: 4, name: 'other' }).apply(input),
      ) as tf.SymbolicTensor,
    });
    const model = tf.sequential({
      layers: [
        L.dense({ inputShape: [6], units: 5, name: 'first' }),
        inner,
        middle,
        L.dense({ units: 2, activation: 'softmax', name: 'last' }),
      ],
    });
    const read = await assertSamePredictions(model, [6]);
    assert.deepEqual(
      read.layers.map(({ name, type }) => name ?? type),
      ['flatten', 'first', 'inner_same', 'tanh', 'middle_other', 'middle_dense', 'last'],
    );
  });

  it('says which layers do something in training only', async () => {
    const model = tf.sequential({
      layers: [L.gaussianNoise({ inputShape: [4], stddev: 0.1, name: 'noise' }), L.dense({ units: 2 })],
    });
    const { remarks } = await assertSamePredictions(model, [4]);
    assert.deepEqual(remarks, [
      'layer "noise" (GaussianNoise) does something in training only, and is left out',
    ]);
  });
});
