import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type FrozenPrecision, type ProgramRequest, planMemory } from '../../../gateway/engine';
import { scaleOf, toCode, toFiniteHalf } from '../../../gateway/engine/parameters/rounding';
import {
  type Plan,
  type PlanEntry,
  parameterLayout,
  planSegments,
  resolveModel,
  scatterAdd,
} from '../../../gateway/model';
import { fromHalf, toHalf } from '../../../gateway/platform';
import { type Optimiser, presetLayers } from '../../../gateway/task';
import { assertClose, describeEngines } from '../../support/engine/engines';
import { exampleParameters, exampleSamples, smallModels } from '../../support/engine/models';

const rounding = ['float16', 'int8'] as const satisfies readonly FrozenPrecision[];
const momentum: Optimiser = { kind: 'sgd', momentum: 0.9 };
const round = { epochs: 2, learningRate: 0.05, seed: 4 };
type Model = (typeof smallModels)[number][1];

/** Every second input channel of every kernel and all biases; the output layer alone; the first layer alone. */
function plansOf(model: Model): Plan[] {
  const { tensors } = parameterLayout(model);
  const half = tensors.map(({ inputChannels }, tensor): PlanEntry => {
    const channels = Array.from({ length: inputChannels >> 1 }, (_, i) => 2 * i + 1);
    return channels.length > 0 ? { tensor, channels } : { tensor };
  });
  const last = [{ tensor: tensors.length - 2 }, { tensor: tensors.length - 1 }];
  return [
    { entries: half, microBatch: 3 },
    { entries: last, microBatch: 8 },
    { entries: [{ tensor: 0 }], microBatch: 1 },
  ];
}

describeEngines('Frozen weights in fewer bytes', (engine) => {
  for (const [name, model] of smallModels) {
    it(`train ${name} exactly as the numbers they stand for do in float32`, () => {
      const samples = exampleSamples(model, 11);
      for (const plan of plansOf(model)) {
        for (const frozen of rounding) {
          const request: ProgramRequest = { model, plan, optimiser: momentum, batchSize: 8 };
          const rounded = engine.compile({ ...request, frozen });
          rounded.loadParameters(exampleParameters(model));
          const plain = engine.compile(request);
          plain.loadParameters(rounded.readParameters());
          assert.deepEqual(rounded.predict(samples.x, 11), plain.predict(samples.x, 11));
          for (let i = 0; i < 2; i++) {
            const { gradientVariance, ...result } = rounded.train(samples, round);
            const { gradientVariance: wanted, ...rest } = plain.train(samples, round);
            assert.deepEqual(result, rest);
            // Its squares are summed in another order: trained channels lie together.
            assertClose([gradientVariance], [wanted], 1e-9, 'variance');
          }
          assert.deepEqual(rounded.readParameters(), plain.readParameters());
        }
      }
    });
  }

  it('leave what is trained in full precision, and round the rest by no more than half a step', () => {
    const model = smallModels[4]![1];
    const layout = parameterLayout(model);
    const given = exampleParameters(model);
    for (const plan of plansOf(model)) {
      const trained = new Float32Array(layout.size);
      const segments = planSegments(layout, plan);
      const ones = new Float32Array(segments.reduce((sum, { length }) => sum + length, 0)).fill(1);
      scatterAdd(trained, segments, ones);
      for (const frozen of rounding) {
        const program = engine.compile({ model, plan, batchSize: 8, frozen });
        program.loadParameters(given);
        const held = program.readParameters();
        const largest = given.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
        const allowed = frozen === 'int8' ? largest / 254 + 1e-6 : largest * 2 ** -11;
        given.forEach((value, i) => {
          const error = Math.abs(held[i]! - value);
          assert.ok(trained[i] ? error === 0 : error <= allowed, `${frozen} [${i}]: off by ${error}`);
        });
        assert.notDeepEqual(held, given);
      }
    }
  });

  it('take the next full-precision numbers as they come: rounding does not add up', () => {
    const model = smallModels[1]![1];
    const plan = plansOf(model)[1]!;
    const program = engine.compile({ model, plan, batchSize: 8, frozen: 'int8' });
    const given = exampleParameters(model);
    program.loadParameters(given);
    const once = program.readParameters();
    program.train(exampleSamples(model, 8), round);
    program.loadParameters(given.map((value) => 1.5 * value));
    program.loadParameters(given);
    assert.deepEqual(program.readParameters(), once);
  });

  it('predict alike in a program that only predicts', () => {
    const model = smallModels[4]![1];
    const samples = exampleSamples(model, 6);
    const [plain, small] = [engine.compile({ model }), engine.compile({ model, frozen: 'int8' })];
    plain.loadParameters(exampleParameters(model));
    small.loadParameters(exampleParameters(model));
    assertClose(small.predict(samples.x, 6), plain.predict(samples.x, 6), 0.05, 'probabilities');
    assert.ok(small.memory.parameters < 0.5 * plain.memory.parameters);
  });
});

describe('The memory of frozen weights', () => {
  const cnn = resolveModel([128, 6], presetLayers('cnn1d', 'M', 6, [128, 6]), 6, 'softmax-cross-entropy');
  const layout = parameterLayout(cnn);
  const memoryOf = (plan: Plan, frozen: FrozenPrecision) =>
    planMemory({ model: cnn, plan, optimiser: momentum, batchSize: 32, frozen });

  it('is half in float16 and a quarter in int8, but for scales and what is trained', () => {
    const plan: Plan = { entries: [{ tensor: 6 }, { tensor: 7 }], microBatch: 1 };
    const kernels = layout.tensors.filter(({ role, layer }) => role === 'kernel' && layer < 9);
    const frozen = kernels.reduce((sum, { size }) => sum + size, 0);
    const outputs = kernels.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
    const rest = (layout.size - frozen) * 4;
    assert.equal(memoryOf(plan, 'float32').parameters, frozen * 4 + rest);
    assert.equal(memoryOf(plan, 'float16').parameters, frozen * 2 + rest);
    assert.equal(memoryOf(plan, 'int8').parameters, frozen + outputs * 4 + rest);
  });

  it('never grows the resident model, and never shrinks one that is all trained', () => {
    fc.assert(
      fc.property(
        fc.subarray(
          layout.tensors.map((_, i) => i),
          { minLength: 1 },
        ),
        (tensors) => {
          const plan: Plan = { entries: tensors.map((tensor) => ({ tensor })), microBatch: 1 };
          const bytes = rounding.map((frozen) => memoryOf(plan, frozen).parameters);
          const plain = memoryOf(plan, 'float32').parameters;
          assert.ok(bytes.every((held) => held <= plain));
          if (tensors.length === layout.tensors.length) assert.deepEqual(bytes, [plain, plain]);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('Rounding', () => {
  it('holds what is beyond the largest half at it', () => {
    assert.deepEqual([1e6, -1e6, 65520].map(toFiniteHalf).map(fromHalf), [65504, -65504, 65504]);
    assert.equal(toFiniteHalf(-1.5), toHalf(-1.5));
  });

  it('uses all eight bits of a channel, and gives zero for a channel of zeros', () => {
    const scale = scaleOf(0.5);
    assert.deepEqual([toCode(0.5, scale), toCode(-0.5, scale), toCode(0, scale)], [127, -127, 0]);
    assert.equal(toCode(0, scaleOf(0)), 0);
  });
});
