import assert from 'node:assert/strict';
import {
  densePlan,
  type LayerSpec,
  outputShape,
  parameterLayout,
  resolveModel,
  type Shape,
} from '../../../gateway/model';
import { stepOperations } from '../../../gateway/selection';

describe('the number of operations of a training step', () => {
  // conv1d 4x2 -> 3 filters, kernel 3: 4 * 3 * 3 * 2 * 2 = 144 operations; flatten 12, dense 12 -> 2: 48.
  const model = resolveModel(
    [4, 2],
    [
      { type: 'conv1d', filters: 3, kernel: 3, padding: 'same' },
      { type: 'flatten' },
      { type: 'dense', units: 2 },
    ],
    2,
    'softmax-cross-entropy',
  );
  const layout = parameterLayout(model);

  it('is the sum of the forward pass, weight gradients, and input gradients above the deepest trained layer', () => {
    const forward = 144 + 12 + 48;
    const weights = 144 + 48;
    const inputs = 12 + 48;
    assert.equal(stepOperations(model, densePlan(layout, 1)), forward + weights + inputs);
  });

  it('leaves out gradients below the deepest trained layer', () => {
    const last = { entries: [{ tensor: 2 }, { tensor: 3 }], microBatch: 1 };
    assert.equal(stepOperations(model, last), 144 + 12 + 48 + 48);
  });

  it('counts the weight gradients of the chosen input channels only', () => {
    const half = { entries: [{ tensor: 0, channels: [1] }], microBatch: 1 };
    assert.equal(stepOperations(model, half), 144 + 12 + 48 + (12 + 48) + 144 / 2);
  });

  it('leaves out weight gradients, but not input gradients, if only biases are trained', () => {
    const biases = { entries: [{ tensor: 1 }, { tensor: 3 }], microBatch: 1 };
    assert.equal(stepOperations(model, biases), 144 + 12 + 48 + (12 + 48));
  });

  const layers: readonly { spec: LayerSpec; input: Shape; forward: number }[] = [
    {
      spec: { type: 'conv1d', filters: 3, kernel: 3, stride: 2, padding: 'same' },
      input: [4, 2],
      forward: 72,
    },
    { spec: { type: 'conv2d', filters: 3, kernel: [1, 2], padding: 'same' }, input: [4, 5, 2], forward: 480 },
    { spec: { type: 'depthwiseconv1d', kernel: 3, padding: 'same' }, input: [4, 2], forward: 48 },
    { spec: { type: 'depthwiseconv2d', kernel: 3, padding: 'same' }, input: [4, 5, 2], forward: 720 },
    { spec: { type: 'gru', units: 5, sequences: true }, input: [4, 2], forward: 4 * 2 * 15 * 7 },
  ];
  for (const { spec, input, forward } of layers) {
    it(`counts the products of a ${spec.type} in the forward pass, and the same number for its weight gradient`, () => {
      const outputs = outputShape(spec, input, 0, undefined).reduce((product, size) => product * size, 1);
      const single = resolveModel(input, [spec, { type: 'flatten' }], outputs, 'softmax-cross-entropy');
      const plan = densePlan(parameterLayout(single), 1);
      assert.equal(stepOperations(single, plan), 2 * forward + 2 * outputs);
    });
  }
});
