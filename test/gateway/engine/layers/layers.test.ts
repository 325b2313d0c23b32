import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ProgramRequest, planMemory, type TrainOptions } from '../../../../gateway/engine';
import {
  densePlan,
  gather,
  type LayerSpec,
  type ModelSpec,
  type Plan,
  parameterLayout,
  planSegments,
  resolveModel,
} from '../../../../gateway/model';
import { SeededRandom } from '../../../../gateway/platform';
import type { Optimiser } from '../../../../gateway/task';
import { assertClose, describeEngines } from '../../../support/engine/engines';
import { layerModels, recurrentModels } from '../../../support/engine/layer-models';
import { exampleParameters, exampleSamples, inputsOf } from '../../../support/engine/models';
import { randomModel } from '../../../support/engine/random-model';
import { referenceLoss } from '../../../support/engine/reference-model';
import { readyTensorFlow, TensorFlowReference } from '../../../support/engine/tensorflow-reference';

const plainSgd: Optimiser = { kind: 'sgd', momentum: 0 };
const adam: Optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const round: TrainOptions = { epochs: 2, learningRate: 0.02, seed: 4 };
const count = 5;
const models = [...layerModels, ...recurrentModels];

describeEngines('Layers', (engine) => {
  before(readyTensorFlow);

  const programFor = (request: ProgramRequest) => {
    const program = engine.compile(request);
    program.loadParameters(exampleParameters(request.model));
    return program;
  };

  for (const [name, model] of models) {
    const layout = parameterLayout(model);
    const dense = (microBatch: number) => densePlan(layout, microBatch);

    it(`give for ${name} what TensorFlow.js gives, forward and back`, () => {
      const samples = exampleSamples(model, count);
      const reference = new TensorFlowReference(model, exampleParameters(model));
      const x = inputsOf(model, samples);
      const got = programFor({ model }).predict(x, count);
      assertClose(got, reference.predict({ x, count }), 1e-5, 'outputs');
      const wanted = gather(reference.gradient(samples), planSegments(layout, dense(1)));
      const program = programFor({ model, plan: dense(2), optimiser: plainSgd, batchSize: count });
      const { delta } = program.train(samples, { epochs: 1, learningRate: 1, seed: 1 });
      reference.dispose();
      const gradient = delta.map((value) => -value);
      assertClose(gradient, wanted, 1e-4, 'gradient');
    });

    it(`know the arena of ${name} before the first step, and use it to the end and no further`, () => {
      const trainable = layout.tensors.flatMap((tensor, i) => (tensor.trainable ? [{ tensor: i }] : []));
      const plans: Plan[] = [1, 3].flatMap((microBatch) => [
        { entries: trainable, microBatch },
        { entries: trainable.slice(0, 1), microBatch },
        { entries: trainable.slice(-1), microBatch },
      ]);
      for (const plan of plans) {
        const request: ProgramRequest = { model, plan, optimiser: adam, batchSize: 3 };
        const program = programFor(request);
        program.train(exampleSamples(model, 7), round);
        const { peakBytes } = program.memory;
        assert.deepEqual(planMemory(request), program.memory);
        assert.ok(
          program.arenaBytes <= peakBytes && program.arenaBytes > peakBytes - 64,
          JSON.stringify(plan),
        );
      }
    });

    it(`train ${name} alike at every micro-batch, and bit for bit again`, () => {
      const samples = exampleSamples(model, 9);
      const train = (microBatch: number) =>
        programFor({ model, plan: dense(microBatch), optimiser: adam, batchSize: 4 }).train(samples, round);
      const wanted = train(4);
      assert.deepEqual(train(4), wanted);
      for (const microBatch of [1, 3])
        assertClose(train(microBatch).delta, wanted.delta, 5e-3, `${microBatch}`);
    });
  }

  it('of recurrent units take a frozen kernel in half precision for what it says, while training and predicting', () => {
    const layers: LayerSpec[] = [
      { type: 'gru', units: 7, sequences: true },
      { type: 'gru', units: 5 },
      { type: 'dense', units: 3 },
    ];
    const model = resolveModel([6, 4], layers, 3, 'softmax-cross-entropy');
    const layout = parameterLayout(model);
    // Numbers that half precision holds exactly.
    const parameters = exampleParameters(model).map((value) => Math.round(value * 64) / 64);
    const samples = exampleSamples(model, 6);
    const recurrent = layout.tensors.flatMap(({ role }, tensor) =>
      role === 'recurrent' ? [{ tensor }] : [],
    );
    const run = (frozen: 'float32' | 'float16') => {
      const plan = { entries: recurrent, microBatch: 4 };
      const trainer = engine.compile({ model, plan, optimiser: adam, batchSize: 6, frozen });
      const predictor = engine.compile({ model, frozen });
      for (const program of [trainer, predictor]) program.loadParameters(parameters);
      return [trainer.train(samples, round).delta, predictor.predict(samples.x, 6)];
    };
    assert.deepEqual(run('float16'), run('float32'));
    const bytes = (frozen: 'float32' | 'float16') => planMemory({ model, frozen }).parameters;
    assert.ok(bytes('float16') < bytes('float32'));
  });

  it('of every kind, in random models, have the loss and the slope of the definitions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
        const model = randomModel(seed, (type) => type !== 'dropout');
        const samples = exampleSamples(model, 3);
        const parameters = exampleParameters(model);
        const layout = parameterLayout(model);
        const plan = densePlan(layout, 2);
        const program = programFor({ model, plan, optimiser: plainSgd, batchSize: 3 });
        assertClose(
          [program.evaluate(samples).loss],
          [referenceLoss(model, parameters, samples)],
          2e-5,
          'loss',
        );
        const { delta } = program.train(samples, { epochs: 1, learningRate: 1, seed: 1 });
        // The slope along a random direction, by central differences.
        const random = new SeededRandom(seed);
        const direction = new Float64Array(layout.size);
        let slope = 0;
        let size = 0;
        let at = 0;
        for (const { offset, length } of planSegments(layout, plan)) {
          for (let i = 0; i < length; i++, at++) {
            const step = random.normal();
            direction[offset + i] = step;
            slope -= delta[at]! * step;
            size += (delta[at]! * step) ** 2;
          }
        }
        const h = 1e-6;
        const moved = (sign: number) =>
          referenceLoss(
            model,
            Float64Array.from(parameters, (value, i) => value + sign * h * direction[i]!),
            samples,
          );
        const wanted = (moved(1) - moved(-1)) / (2 * h);
        assert.ok(
          Math.abs(slope - wanted) <= 1e-3 * Math.sqrt(size) + 1e-6,
          `seed ${seed}: ${slope}, expected ${wanted}`,
        );
      }),
      { numRuns: 60, seed: 11 },
    );
  });
});

describeEngines('Dropout', (engine) => {
  const drop = (rate: number): LayerSpec => ({ type: 'dropout', rate });
  const flatten: LayerSpec = { type: 'flatten' };
  const wide = 400;
  const single = (layers: LayerSpec[]) =>
    resolveModel([wide, 1], [flatten, ...layers], 1, 'mean-squared-error', {
      kind: 'following',
      rows: 1,
      channels: [0],
    });
  /** The gradient of the first kernel of a model on ones, at one step of plain SGD. */
  const gradientOf = (model: ModelSpec, seed: number, microBatch = 1, examples = 1) => {
    const plan = { entries: [{ tensor: 0 }], microBatch };
    const program = engine.compile({ model, plan, optimiser: plainSgd, batchSize: examples });
    program.loadParameters(new Float32Array(parameterLayout(model).size).fill(0.01));
    const samples = {
      count: examples,
      x: new Float32Array(examples * (wide + 1)).fill(1),
      y: new Uint16Array(0),
    };
    return program.train(samples, { epochs: 1, learningRate: 1, seed }).delta;
  };

  it('zeroes its share of the values and scales the others up by as much', () => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const gradient = gradientOf(single([drop(rate), { type: 'dense', units: 1 }]), 3);
      const dropped = gradient.filter((value) => value === 0).length / wide;
      assert.ok(Math.abs(dropped - rate) < 0.08, `${dropped} at ${rate}`);
      assert.equal(new Set(gradient.filter((value) => value !== 0)).size, 1);
    }
  });

  it('keeps the gradient from where the value was dropped, and from nowhere else', () => {
    const model = single([{ type: 'dense', units: 50 }, drop(0.4), { type: 'dense', units: 1 }]);
    const program = engine.compile({
      model,
      plan: densePlan(parameterLayout(model), 1),
      optimiser: plainSgd,
      batchSize: 1,
    });
    program.loadParameters(new Float32Array(parameterLayout(model).size).fill(0.01));
    const samples = { count: 1, x: new Float32Array(wide + 1).fill(1), y: new Uint16Array(0) };
    const { delta } = program.train(samples, { epochs: 1, learningRate: 1, seed: 9 });
    const below = delta.subarray(0, 50); // of the first input, to each unit
    const above = delta.subarray(wide * 50 + 50, wide * 50 + 100);
    assert.deepEqual(
      Array.from(below, (value) => value === 0),
      Array.from(above, (value) => value === 0),
    );
    assert.ok(above.some((value) => value === 0) && above.some((value) => value !== 0));
  });

  it('draws the same with the same seed at every micro-batch, and otherwise with another', () => {
    const model = single([drop(0.5), { type: 'dense', units: 1 }]);
    const wanted = gradientOf(model, 3, 6, 6);
    assertClose(gradientOf(model, 3, 1, 6), wanted, 1e-5, 'micro-batch 1');
    assertClose(gradientOf(model, 3, 4, 6), wanted, 1e-5, 'micro-batch 4');
    assert.notDeepEqual(gradientOf(model, 4, 6, 6), wanted);
    // Each example has draws of its own: the mean over six takes more than two values.
    assert.ok(new Set(wanted).size > 3);
  });

  it('draws again in every step and every layer', () => {
    const twice = single([drop(0.5), drop(0.5), { type: 'dense', units: 1 }]);
    const passed = gradientOf(twice, 3).filter((value) => value !== 0).length / wide;
    assert.ok(Math.abs(passed - 0.25) < 0.08, `${passed}`);
    const model = single([drop(0.5), { type: 'dense', units: 1 }]);
    const program = engine.compile({
      model,
      plan: { entries: [{ tensor: 0 }], microBatch: 1 },
      optimiser: plainSgd,
      batchSize: 1,
    });
    program.loadParameters(new Float32Array(wide + 1).fill(0.01));
    const samples = { count: 1, x: new Float32Array(wide + 1).fill(1), y: new Uint16Array(0) };
    const { delta } = program.train(samples, { epochs: 2, learningRate: 1e-4, seed: 3 });
    assert.ok(new Set(Array.from(delta, (value) => Math.round(value * 1e9))).size >= 3);
  });

  it('does nothing while evaluating and predicting, and needs no memory', () => {
    const [without, with_] = [[], [drop(0.5)]].map((layers) =>
      single([...layers, { type: 'dense', units: 1 }]),
    );
    const x = Float32Array.from({ length: wide }, (_, i) => Math.sin(i));
    const predict = (model: ModelSpec) => {
      const program = engine.compile({ model });
      program.loadParameters(Float32Array.from({ length: wide + 1 }, (_, i) => Math.cos(i)));
      return program.predict(x, 1);
    };
    assert.deepEqual(predict(with_!), predict(without!));
    const plan = { entries: [{ tensor: 0 }], microBatch: 4 };
    assert.deepEqual(planMemory({ model: with_!, plan }), planMemory({ model: without!, plan }));
  });
});

describe('Memory of layers', () => {
  const peak = (layers: LayerSpec[], trained: (name: string) => boolean) => {
    const model = resolveModel([64, 8], layers, 3, 'softmax-cross-entropy');
    const layout = parameterLayout(model);
    const entries = layout.tensors.flatMap(({ name }, tensor) => (trained(name) ? [{ tensor }] : []));
    return planMemory({ model, plan: { entries, microBatch: 16 }, batchSize: 16 });
  };
  const conv: LayerSpec = { type: 'conv1d', filters: 8, kernel: 3, padding: 'same' };
  const norm: LayerSpec = { type: 'batchnorm', epsilon: 0.001 };
  const head: LayerSpec[] = [{ type: 'globalaveragepool1d' }, { type: 'dense', units: 3 }];
  const bytes = 16 * 64 * 8 * 4;

  it('keep no input for a normalisation unless its gamma is trained', () => {
    const layers = [conv, norm, conv, ...head];
    const frozen = peak(layers, (name) => name === 'dense/kernel');
    const beta = peak(layers, (name) => name === 'dense/kernel' || name === 'batchnorm/beta');
    const gamma = peak(layers, (name) => name === 'dense/kernel' || name === 'batchnorm/gamma');
    assert.ok(beta.activations <= frozen.activations + 4096, `${beta.activations} ${frozen.activations}`);
    assert.ok(gamma.activations >= beta.activations + bytes / 2);
  });

  it('keep the states and gates of a recurrent unit only if a gradient passes', () => {
    const layers: LayerSpec[] = [
      { type: 'gru', units: 8 },
      { type: 'dense', units: 3 },
    ];
    const frozen = peak(layers, (name) => name.startsWith('dense'));
    const whole = peak(layers, () => true);
    assert.ok(frozen.peakBytes < 0.4 * whole.peakBytes, `${frozen.peakBytes} of ${whole.peakBytes}`);
    // z, r, c, the candidate's product, and all states but the last; of one row, the products of the state and the output.
    assert.equal(whole.activations, (16 * 64 * 4 * 8 + 16 * 63 * 8 + 16 * (3 * 8 + 8)) * 4);
  });

  it('keep what a residual connection adds, and its gradient, for one buffer more', () => {
    const ofA = (name: string) => name === 'a/bias';
    const chain = peak([{ ...conv, name: 'a' }, conv, conv, ...head], ofA);
    const residual = peak([{ ...conv, name: 'a' }, conv, conv, { type: 'add', with: 'a' }, ...head], ofA);
    const more = residual.activations - chain.activations;
    assert.ok(more > 0 && Math.abs(more - bytes) < bytes / 16, `${more} for ${bytes}`);
  });
});
