import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  densePlan,
  initialParameters,
  type LayerSpec,
  parameterLayout,
  planSegments,
  resolveModel,
  type Shape,
} from '../../../gateway/model';
import { layerSchema } from '../../../gateway/model/layers';
import { randomModel } from '../../support/engine/random-model';

function modelOf(input: Shape, ...specs: object[]) {
  const layers: LayerSpec[] = [...specs, { type: 'flatten' }, { type: 'dense', units: 2, bias: false }].map(
    (spec) => layerSchema.parse(spec),
  );
  return resolveModel(input, layers, 2, 'softmax-cross-entropy');
}
/** Name, shape and input channels of each tensor but those of the last layer. */
const tensorsOf = (input: Shape, spec: object) =>
  parameterLayout(modelOf(input, spec))
    .tensors.slice(0, -1)
    .map(({ name, shape, inputChannels }) => [name, [...shape], inputChannels]);

describe('The layout of parameters', () => {
  const table: [input: Shape, spec: object, tensors: [string, number[], number][]][] = [
    [
      [9, 2],
      { type: 'conv1d', filters: 4, kernel: 5 },
      [
        ['conv1d/kernel', [5, 2, 4], 2],
        ['conv1d/bias', [4], 0],
      ],
    ],
    [[9, 2], { type: 'conv1d', filters: 4, kernel: 5, bias: false }, [['conv1d/kernel', [5, 2, 4], 2]]],
    [
      [4, 4, 3],
      { type: 'conv2d', name: 'eye', filters: 5, kernel: [3, 2] },
      [
        ['eye/kernel', [3, 2, 3, 5], 3],
        ['eye/bias', [5], 0],
      ],
    ],
    [
      [9, 6],
      { type: 'depthwiseconv1d', kernel: 3 },
      [
        ['depthwiseconv1d/kernel', [3, 6, 1], 6],
        ['depthwiseconv1d/bias', [6], 0],
      ],
    ],
    [
      [4, 4, 3],
      { type: 'depthwiseconv2d', kernel: 2, bias: false },
      [['depthwiseconv2d/kernel', [2, 2, 3, 1], 3]],
    ],
    [
      [9, 6],
      { type: 'gru', units: 4 },
      [
        ['gru/kernel', [6, 12], 0],
        ['gru/recurrent', [4, 12], 0],
        ['gru/bias', [2, 12], 0],
      ],
    ],
    [
      [9, 6],
      { type: 'lstm', units: 4 },
      [
        ['lstm/kernel', [6, 16], 0],
        ['lstm/recurrent', [4, 16], 0],
        ['lstm/bias', [16], 0],
      ],
    ],
    [
      [9, 6],
      { type: 'layernorm' },
      [
        ['layernorm/gamma', [6], 0],
        ['layernorm/beta', [6], 0],
      ],
    ],
    [
      [9, 6],
      { type: 'groupnorm', groups: 3 },
      [
        ['groupnorm/gamma', [6], 0],
        ['groupnorm/beta', [6], 0],
      ],
    ],
    [
      [9, 6],
      { type: 'batchnorm' },
      ['gamma', 'beta', 'mean', 'variance'].map((role) => [`batchnorm/${role}`, [6], 0]),
    ],
    [[9, 6], { type: 'relu' }, []],
    [[9, 6], { type: 'dropout', rate: 0.5 }, []],
  ];
  for (const [input, spec, wanted] of table) {
    it(`is as in Keras for ${JSON.stringify(spec)}`, () => assert.deepEqual(tensorsOf(input, spec), wanted));
  }

  it('of a dense layer can be trained by its inputs', () => {
    const layout = parameterLayout(modelOf([3, 2]));
    assert.deepEqual(
      layout.tensors.map(({ name, shape, inputChannels }) => [name, [...shape], inputChannels]),
      [['dense/kernel', [6, 2], 6]],
    );
  });

  it('never trains statistics', () => {
    const layout = parameterLayout(modelOf([9, 6], { type: 'batchnorm' }));
    const statistics = layout.tensors.filter(({ role }) => role === 'mean' || role === 'variance');
    assert.equal(statistics.length, 2);
    assert.ok(statistics.every(({ trainable }) => !trainable));
    const trained = planSegments(layout, densePlan(layout, 1)).reduce((sum, { length }) => sum + length, 0);
    assert.equal(trained, layout.size - 12);
  });

  it('of random models has no gaps, no overlaps and no name twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (seed) => {
        const { tensors, size } = parameterLayout(randomModel(seed));
        let end = 0;
        for (const { offset, size: length, shape, inputChannels } of tensors) {
          assert.equal(offset, end);
          assert.equal(
            length,
            shape.reduce((product, side) => product * side, 1),
          );
          if (inputChannels > 0) assert.equal(inputChannels, shape.at(-2));
          end += length;
        }
        assert.equal(end, size);
        assert.equal(new Set(tensors.map(({ name }) => name)).size, tensors.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('The parameters of version 0', () => {
  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      mean,
      deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length),
    };
  };
  const drawn = (input: Shape, ...specs: object[]) => {
    const model = modelOf(input, ...specs);
    const flat = initialParameters(model, 5);
    const values = new Map(
      parameterLayout(model).tensors.map(({ name, offset, size }) => [
        name,
        flat.subarray(offset, offset + size),
      ]),
    );
    return (name: string) => values.get(name)!;
  };
  const relu = { type: 'relu' };
  const relu6 = { type: 'relu6' };
  const norm = { type: 'batchnorm' };
  const rowNorm = { type: 'layernorm' };
  const leaky = { type: 'leakyrelu' };
  const elu = { type: 'elu' };
  const conv = { type: 'conv1d', filters: 64, kernel: 5 };
  const dense = { type: 'dense', units: 200 };

  it('are normal with the deviation of He before a ReLU of either kind, perhaps after a normalisation', () => {
    for (const after of [[relu], [relu6], [leaky], [elu], [norm, relu], [rowNorm, relu6]]) {
      const { mean, deviation } = moments(drawn([9, 32], conv, ...after)('conv1d/kernel'));
      assert.ok(Math.abs(deviation / Math.sqrt(2 / 160) - 1) < 0.03 && Math.abs(mean) < 0.01, `${deviation}`);
    }
  });

  it('are uniform within the bounds of Glorot elsewhere', () => {
    const limit = Math.sqrt(6 / (100 + 200));
    for (const after of [[{ type: 'tanh' }], [norm], []]) {
      const kernel = drawn([10, 10], { type: 'flatten' }, dense, ...after)('dense/kernel');
      const { deviation } = moments(kernel);
      assert.ok(Math.max(...kernel.map(Math.abs)) <= limit);
      assert.ok(Math.abs(deviation / (limit / Math.sqrt(3)) - 1) < 0.03, `${deviation}`);
    }
  });

  it('count for a kernel of single channels its own channel alone', () => {
    const kernel = drawn([40, 64], { type: 'depthwiseconv1d', kernel: 25 }, relu)('depthwiseconv1d/kernel');
    assert.ok(Math.abs(moments(kernel).deviation / Math.sqrt(2 / 25) - 1) < 0.06);
  });

  it('draw both kernels of a recurrent unit by their own sizes', () => {
    const of = drawn([9, 30], { type: 'gru', units: 50 });
    for (const [name, from] of [
      ['gru/kernel', 30],
      ['gru/recurrent', 50],
    ] as const) {
      const limit = Math.sqrt(6 / (from + 150));
      const { deviation } = moments(of(name));
      assert.ok(Math.abs(deviation / (limit / Math.sqrt(3)) - 1) < 0.05, `${name}: ${deviation}`);
    }
  });

  it('start without biases, and with normalisations that change nothing', () => {
    const of = drawn([9, 6], { type: 'conv1d', filters: 4, kernel: 3 }, norm, { type: 'gru', units: 3 });
    for (const name of ['conv1d/bias', 'gru/bias', 'batchnorm/beta', 'batchnorm/mean'])
      assert.ok(
        of(name).every((value) => value === 0),
        name,
      );
    for (const name of ['batchnorm/gamma', 'batchnorm/variance'])
      assert.ok(
        of(name).every((value) => value === 1),
        name,
      );
  });

  it('open the forget gates of a memory', () => {
    const bias = drawn([9, 6], { type: 'lstm', units: 2 })('lstm/bias');
    assert.deepEqual([...bias], [0, 0, 1, 1, 0, 0, 0, 0]);
  });

  it('are the same bits for the same seed, and others for another', () => {
    const model = modelOf([9, 6], { type: 'gru', units: 3 });
    assert.deepEqual(initialParameters(model, 3), initialParameters(model, 3));
    assert.notDeepEqual(initialParameters(model, 3), initialParameters(model, 4));
  });
});
