import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { createEngine, InlineTrainer, type ProgramRequest, type Samples } from '../../../gateway/engine';
import {
  createTensorFlowEngine,
  PreferredTrainer,
  tensorFlowTrainer,
} from '../../../gateway/engine-tensorflow';
import {
  densePlan,
  type LayerSpec,
  type Loss,
  layerKinds,
  type ModelSpec,
  parameterLayout,
  resolveModel,
  sampleRows,
  type Target,
} from '../../../gateway/model';
import { FtteError, SeededRandom } from '../../../gateway/platform';
import { assertClose } from '../../support/engine/engines';
import { exampleParameters, exampleSamples } from '../../support/engine/models';
import { randomModel, randomParameters } from '../../support/engine/random-model';

const model = resolveModel(
  [6, 2],
  [{ type: 'flatten' }, { type: 'dense', units: 3 }],
  3,
  'softmax-cross-entropy',
);
const plan = densePlan(parameterLayout(model), 4);
const request: ProgramRequest = { model, plan, optimiser: { kind: 'sgd', momentum: 0 }, batchSize: 8 };
const samples = exampleSamples(model, 16);
const round = { epochs: 2, learningRate: 0.1, seed: 1 };

const own = () => new InlineTrainer(createEngine('javascript'));
const unavailable = () =>
  new InlineTrainer({
    kind: 'tensorflow',
    compile: () => {
      throw new FtteError('engine-unavailable', 'no such library');
    },
  });

describe('A trainer that prefers TensorFlow', () => {
  it('makes do with our engine where it cannot be loaded, says why once, and loses nothing asked meanwhile', async () => {
    const reasons: string[] = [];
    const trainer = new PreferredTrainer({
      preferred: unavailable(),
      createOwn: own,
      onFallback: (reason) => reasons.push(reason),
    });
    assert.equal(trainer.kind, 'tensorflow');
    const configured = trainer.configure(request);
    const parameters = exampleParameters(model);
    const set = trainer.setParameters(parameters);
    parameters.fill(0);
    const trained = trainer.train(samples, round);
    const { peakBytes } = await configured;
    await set;
    assert.equal(peakBytes, createEngine('javascript').compile(request).memory.peakBytes);
    assert.equal(trainer.kind, 'javascript');
    const alone = own();
    await alone.configure(request);
    await alone.setParameters(exampleParameters(model));
    assert.deepEqual((await trained).delta, (await alone.train(samples, round)).delta);
    await trainer.configure(request);
    assert.deepEqual(reasons, ['no such library']);
    await Promise.all([trainer.close(), alone.close()]);
  });

  it('stays with it where it is there, and passes its refusals on', async () => {
    const trainer = new PreferredTrainer({
      preferred: own(),
      createOwn: () => assert.fail('another was made'),
      onFallback: (reason) => assert.fail(reason),
    });
    const wrong = { ...request, plan: { entries: [{ tensor: 9 }], microBatch: 1 } };
    await assert.rejects(trainer.configure(wrong), { code: 'plan-invalid' });
    await trainer.configure(request);
    await assert.rejects(trainer.setParameters(new Float32Array(1)), { code: 'model-invalid' });
    await trainer.close();
    await assert.rejects(trainer.predict(samples.x, 16), { code: 'cancelled' });
  });

  it('reports lost threads after the change, too', async () => {
    const crashing = new InlineTrainer({
      kind: 'javascript',
      compile: () => {
        throw new Error('a bug');
      },
    });
    const trainer = new PreferredTrainer({
      preferred: unavailable(),
      createOwn: () => crashing,
      onFallback: () => undefined,
    });
    const lost: string[] = [];
    const off = trainer.onRestart((error) => lost.push(error.message));
    await assert.rejects(trainer.configure(request), { code: 'engine-crashed' });
    off();
    await assert.rejects(trainer.configure(request), { code: 'engine-crashed' });
    assert.equal(lost.length, 1);
    await trainer.close();
  });

  it('trains in a thread of its own: with TensorFlow where it can be loaded, else as our engine does', async () => {
    const reasons: string[] = [];
    const trainer = new PreferredTrainer({
      preferred: tensorFlowTrainer(),
      onFallback: (reason) => reasons.push(reason),
    });
    await trainer.configure(request);
    await trainer.setParameters(exampleParameters(model));
    const { delta } = await trainer.train(samples, round);
    const alone = own();
    await alone.configure(request);
    await alone.setParameters(exampleParameters(model));
    assertClose(delta, (await alone.train(samples, round)).delta, 1e-3, 'change');
    if (trainer.kind === 'tensorflow') assert.deepEqual(reasons, []);
    else assert.match(reasons.join(), /@tensorflow\/tfjs-node cannot be loaded/);
    await Promise.all([trainer.close(), alone.close()]);
  });
});

describe('TensorFlow as an engine', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  const kinds: [Loss, Target][] = [
    ['softmax-cross-entropy', { kind: 'class' }],
    ['binary-cross-entropy', { kind: 'class' }],
    ['mean-squared-error', { kind: 'following', rows: 3, channels: [1, 0] }],
    ['huber', { kind: 'following', rows: 3, channels: [1, 0] }],
  ];

  it('changes and measures what our engine does, for random layers of every kind and every loss', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 176; seed++) {
      // Each engine draws dropouts of its own.
      const { input, layers } = randomModel(seed, (type) => type !== 'dropout');
      const [loss, target] = kinds[seed % kinds.length]!;
      if (target.kind === 'following' && (input[1] ?? 0) < 2) continue;
      for (const { type } of layers) seen.add(type);
      const head: LayerSpec = { type: 'dense', units: 6, name: 'end' };
      const spec = resolveModel(input, [...layers, head], 6, loss, target);
      const samples = randomSamples(spec, 5, seed);
      const request = {
        model: spec,
        plan: densePlan(parameterLayout(spec), 3),
        optimiser: { kind: 'sgd', momentum: 0.5 } as const,
        batchSize: 5,
      };
      const [ours, theirs] = [createEngine('javascript'), createTensorFlowEngine(tf)].map((engine) => {
        const program = engine.compile(request);
        program.loadParameters(randomParameters(spec, seed));
        const { delta, lossBefore } = program.train(samples, { epochs: 2, learningRate: 0.01, seed: 1 });
        const { confusion, errors } = program.evaluate(samples);
        return { delta, lossBefore, confusion, errors };
      });
      assert.ok(ours && theirs);
      assertClose(theirs.delta, ours.delta, 2e-3, `change of model ${seed}`);
      assertClose([theirs.lossBefore], [ours.lossBefore], 1e-4, `loss of model ${seed}`);
      assert.deepEqual(theirs.confusion, ours.confusion);
      assertClose([theirs.errors?.meanAbsolute ?? 0], [ours.errors?.meanAbsolute ?? 0], 1e-4, 'errors');
    }
    assert.deepEqual(
      [...seen].sort(),
      Object.keys(layerKinds)
        .filter((type) => type !== 'dropout')
        .sort(),
    );
  });
});

/** Random examples with targets of the model. */
function randomSamples(spec: ModelSpec, count: number, seed: number): Samples {
  const random = new SeededRandom(seed);
  const size = sampleRows(spec) * (spec.input[1] ?? 1);
  return {
    count,
    x: Float32Array.from({ length: count * size }, () => random.normal()),
    y: Uint16Array.from({ length: spec.target.kind === 'class' ? count : 0 }, (_, i) => i % spec.outputs),
  };
}
