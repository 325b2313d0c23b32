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
