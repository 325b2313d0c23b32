import assert from 'node:assert/strict';
import { planMemory, type TrainOptions } from '../../../gateway/engine';
import { addScore, rocAreas, scoreHistogram } from '../../../gateway/metrics';
import {
  densePlan,
  gather,
  initialParameters,
  type LayerSpec,
  layerKinds,
  type Plan,
  parameterLayout,
  planSegments,
  resolveModel,
} from '../../../gateway/model';
import type { FtteError } from '../../../gateway/platform';
import type { Optimiser } from '../../../gateway/task';
import { convolutionModels } from '../../support/engine/convolution-models';
import { assertClose, describeEngines, describeImplementations } from '../../support/engine/engines';
import { layerModels, recurrentModels } from '../../support/engine/layer-models';
import { exampleParameters, exampleSamples, smallModels } from '../../support/engine/models';
import { TensorFlowReference } from '../../support/engine/tensorflow-reference';

const momentum: Optimiser = { kind: 'sgd', momentum: 0.9 };
const adam: Optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const optimisers: Optimiser[] = [{ kind: 'sgd', momentum: 0 }, momentum, adam];
const round: TrainOptions = { epochs: 3, learningRate: 0.05, seed: 5 };

/** Small enough for an engine that takes a millisecond a megaflop. */
const layers: LayerSpec[] = [
  { type: 'conv1d', filters: 8, kernel: 5, padding: 'same' },
  { type: 'relu' },
  { type: 'maxpool1d', size: 2 },
  { type: 'conv1d', filters: 8, kernel: 3, padding: 'same' },
  { type: 'relu' },
  { type: 'flatten' },
  { type: 'dense', units: 4 },
];
const model = resolveModel([24, 3], layers, 4, 'softmax-cross-entropy');
const layout = parameterLayout(model);
const lastLayer: Plan = { entries: [{ tensor: layout.tensors.length - 2 }], microBatch: 4 };

describeImplementations('Every engine', (engine) => {
  const compile = (plan: Plan, optimiser: Optimiser = momentum, batchSize = 8) => {
    const program = engine.compile({ model, plan, optimiser, batchSize });
    program.loadParameters(exampleParameters(model));
    return program;
  };

  it('learns: the loss falls to a small part of what it was', () => {
    const samples = exampleSamples(model, 24);
    const program = engine.compile({ model, plan: densePlan(layout, 8), optimiser: momentum, batchSize: 8 });
    program.loadParameters(initialParameters(model, 1));
    const {
      lossBefore,
      lossAfter,
      samples: seen,
      steps,
    } = program.train(samples, {
      ...round,
      epochs: 24,
      learningRate: 0.05,
    });
    assert.ok(lossAfter < 0.2 * lossBefore, `loss ${lossBefore} -> ${lossAfter}`);
    assert.deepEqual([seen, steps], [24, 72]);
  });

  it('is back at the parameters it started from after a round, and repeats the round bit for bit', () => {
    const samples = exampleSamples(model, 20);
    const program = compile(densePlan(layout, 4));
    const first = program.train(samples, round);
    assert.deepEqual(program.readParameters(), exampleParameters(model));
    assert.deepEqual(program.train(samples, round), first);
    assert.deepEqual(compile(densePlan(layout, 4)).train(samples, round), first);
  });

  it('gives the loss after the round that an evaluation with the delta applied gives', () => {
    const samples = exampleSamples(model, 20);
    const program = compile(densePlan(layout, 4));
    const { delta, lossBefore, lossAfter } = program.train(samples, round);
    assertClose([program.evaluate(samples).loss], [lossBefore], 1e-5, 'loss before');
    program.loadParameters(exampleParameters(model).map((value, i) => value + delta[i]!));
    assertClose([program.evaluate(samples).loss], [lossAfter], 1e-4, 'loss after');
  });

  it('takes another way through the samples with another seed', () => {
    const samples = exampleSamples(model, 20);
    const program = compile(densePlan(layout, 4));
    const one = program.train(samples, { ...round, seed: 1 }).delta;
    assert.notDeepEqual(program.train(samples, { ...round, seed: 2 }).delta, one);
  });

  it('gives the same change at every micro-batch, the last batch smaller than the others included', () => {
    const samples = exampleSamples(model, 21);
    const wanted = compile(densePlan(layout, 8)).train(samples, round);
    for (const microBatch of [1, 2, 3, 5]) {
      const { delta, steps } = compile(densePlan(layout, microBatch)).train(samples, round);
      assertClose(delta, wanted.delta, 1e-3, `micro-batch ${microBatch}`);
      assert.equal(steps, wanted.steps);
    }
  });

  it('keeps programs apart', () => {
    const samples = exampleSamples(model, 8);
    const program = compile(densePlan(layout, 4));
    const alone = program.train(samples, round);
    const other = compile(lastLayer, adam);
    other.train(samples, round);
    assert.deepEqual(program.train(samples, round), alone);
  });

  it('gives its memory back once, and refuses whatever is asked of it afterwards', () => {
    const samples = exampleSamples(model, 8);
    const program = compile(densePlan(layout, 4));
    const wanted = program.train(samples, round);
    program.release();
    program.release();
    const notReady = (error: unknown) => (error as FtteError).code === 'not-ready';
    assert.throws(() => program.train(samples, round), notReady);
    assert.throws(() => program.loadParameters(exampleParameters(model)), notReady);
    assert.throws(() => program.readParameters(), notReady);
    assert.throws(() => program.evaluate(samples), notReady);
    assert.throws(() => program.predict(samples.x, 1), notReady);
    // Where the next one is in the same memory, what was there before is of no consequence.
    assert.deepEqual(compile(densePlan(layout, 4)).train(samples, round), wanted);
  });

  it('stops before the first step on request, and after the number of steps it may take', () => {
    const samples = exampleSamples(model, 20);
    const program = compile(densePlan(layout, 4));
    const none = program.train(samples, { ...round, shouldStop: () => true });
    assert.deepEqual([none.steps, none.stopped, none.gradientVariance], [0, true, 0]);
    assert.ok(none.delta.every((value) => value === 0));
    assert.equal(none.lossAfter, none.lossBefore);
    let asked = 0;
    const two = program.train(samples, { ...round, shouldStop: () => ++asked > 2 });
    assert.deepEqual([two.steps, two.stopped], [2, true]);
    const limited = program.train(samples, { ...round, maxSteps: 2 });
    assert.deepEqual(limited, two);
    assert.equal(program.train(samples, { ...round, maxSteps: 1000 }).stopped, false);
  });

  it('counts each example once in the confusion, under its own label', () => {
    const samples = exampleSamples(model, 22);
    const program = engine.compile({ model });
    program.loadParameters(exampleParameters(model));
    const { confusion, count } = program.evaluate(samples);
    const probabilities = program.predict(samples.x, samples.count);
    const wanted = new Uint32Array(16);
    for (let i = 0; i < samples.count; i++) {
      const row = probabilities.subarray(i * 4, i * 4 + 4);
      assertClose([row.reduce((sum, p) => sum + p, 0)], [1], 1e-5, 'sum of probabilities');
      wanted[samples.y[i]! * 4 + row.indexOf(Math.max(...row))]!++;
    }
    assert.equal(count, 22);
    assert.deepEqual(confusion, wanted);
    const histogram = scoreHistogram(4)!;
    for (let i = 0; i < samples.count; i++)
      for (let c = 0; c < 4; c++) addScore(histogram, c, samples.y[i] === c, probabilities[i * 4 + c]!);
    assert.deepEqual(rocAreas(program.evaluate(samples).scores!), rocAreas(histogram));
  });

  it('predicts one example as it predicts many', () => {
    const samples = exampleSamples(model, 9);
    const program = engine.compile({ model });
    program.loadParameters(exampleParameters(model));
    const many = program.predict(samples.x, 9);
    const size = samples.x.length / 9;
    for (let i = 0; i < 9; i++) {
      const one = program.predict(samples.x.subarray(i * size, (i + 1) * size), 1);
      assertClose(one, many.subarray(i * 4, i * 4 + 4), 1e-5, `example ${i}`);
    }
  });

  it('stays finite where the scores are far out', () => {
    const program = compile(densePlan(layout, 8));
    program.loadParameters(exampleParameters(model).map((value) => 50 * value));
    const samples = exampleSamples(model, 8);
    assert.ok(Number.isFinite(program.evaluate(samples).loss));
    assert.ok(program.train(samples, { ...round, learningRate: 1e-6 }).delta.every(Number.isFinite));
  });

  it('computes the gradients of every kind of layer, alone and side by side', function () {
    this.timeout(120_000);
    const seen = new Set<string>();
    for (const [name, spec] of [...layerModels, ...recurrentModels, ...convolutionModels]) {
      for (const { type } of spec.layers) seen.add(type);
      const samples = exampleSamples(spec, 3);
      const reference = new TensorFlowReference(spec, exampleParameters(spec));
      const plan = densePlan(parameterLayout(spec), 3);
      const wanted = gather(reference.gradient(samples), planSegments(parameterLayout(spec), plan));
      reference.dispose();
      const program = engine.compile({ model: spec, plan, optimiser: optimisers[0], batchSize: 3 });
      program.loadParameters(exampleParameters(spec));
      // One plain step at rate 1 changes the parameters by minus the gradient.
      const { delta } = program.train(samples, { epochs: 1, learningRate: 1, seed: 1 });
      const gradient = delta.map((value) => -value);
      assertClose(gradient, wanted, 1e-4, name);
    }
    const known = Object.keys(layerKinds).filter((type) => type !== 'dropout');
    assert.deepEqual([...seen].sort(), known.sort());
  });

  it('refuses to train without a plan, and parameters of another model', () => {
    const program = engine.compile({ model });
    assert.throws(() => program.train(exampleSamples(model, 4), round), { code: 'plan-invalid' });
    assert.throws(() => program.loadParameters(new Float32Array(layout.size + 1)), { name: 'FtteError' });
  });

  it('refuses a plan that names a tensor the model does not have', () => {
    const plan: Plan = { entries: [{ tensor: layout.tensors.length }], microBatch: 1 };
    assert.throws(() => compile(plan), { code: 'plan-invalid' });
  });
});

describeEngines('Every engine that is held to a budget', (engine) => {
  for (const [name, small] of smallModels) {
    it(`knows the arena of ${name} before the first step, and uses it to the end and no further`, () => {
      const tensors = parameterLayout(small).tensors;
      const plans: Plan[] = [1, 3, 8].flatMap((microBatch) => [
        { entries: tensors.map((_, tensor) => ({ tensor })), microBatch },
        { entries: [{ tensor: 0 }], microBatch },
        { entries: [{ tensor: tensors.length - 1 }], microBatch },
      ]);
      for (const plan of plans) {
        for (const optimiser of optimisers) {
          const request = { model: small, plan, optimiser, batchSize: 8 };
          const program = engine.compile(request);
          program.loadParameters(exampleParameters(small));
          program.train(exampleSamples(small, 20), round);
          const { peakBytes, ...parts } = program.memory;
          assert.deepEqual(planMemory(request), program.memory);
          // The last buffer may end in rows that pooling leaves over, and that nothing ever writes.
          assert.ok(program.arenaBytes <= peakBytes && program.arenaBytes > peakBytes - 64);
          assert.equal(
            Object.values(parts).reduce((sum, bytes) => sum + bytes, 0),
            peakBytes,
          );
        }
      }
    });
  }
});
