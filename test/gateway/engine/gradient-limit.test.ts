import assert from 'node:assert/strict';
import { createEngine } from '../../../gateway/engine';
import { densePlan, parameterLayout, resolveModel } from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';
import type { Optimiser } from '../../../gateway/task';

const model = resolveModel([4], [{ type: 'dense', units: 3 }], 3, 'softmax-cross-entropy', { kind: 'class' });
const layout = parameterLayout(model);
const random = new SeededRandom(2);
const samples = {
  count: 32,
  x: Float32Array.from({ length: 32 * 4 }, () => 20 * random.normal()),
  y: Uint16Array.from({ length: 32 }, () => random.integer(3)),
};

function train(optimiser: Optimiser, gradientLimit: number | undefined, maxSteps = 4) {
  const program = createEngine('javascript').compile({
    model,
    plan: densePlan(layout, 8),
    optimiser,
    batchSize: 8,
  });
  program.loadParameters(new Float32Array(layout.size));
  return program.train(samples, { epochs: 1, learningRate: 0.1, seed: 1, maxSteps, gradientLimit });
}

const lengthOf = (delta: Float32Array) => Math.hypot(...delta);

describe('the limit of gradients', () => {
  for (const [name, optimiser] of [
    ['SGD', { kind: 'sgd', momentum: 0 }],
    ['momentum', { kind: 'sgd', momentum: 0.9 }],
  ] as const) {
    it(`shortens the steps after a large gradient, not the first one: ${name}`, () => {
      assert.deepEqual(train(optimiser, 1, 1).delta, train(optimiser, undefined, 1).delta);
      assert.ok(lengthOf(train(optimiser, 1).delta) < 0.8 * lengthOf(train(optimiser, undefined).delta));
    });

    it(`changes nothing where gradients are smaller: ${name}`, () => {
      assert.deepEqual(train(optimiser, 1e6), train(optimiser, undefined));
    });
  }

  it('leaves the measured spread of the gradients a number', () => {
    const { gradientVariance } = train({ kind: 'sgd', momentum: 0.9 }, 1);
    assert.ok(Number.isFinite(gradientVariance) && gradientVariance >= 0);
  });
});
