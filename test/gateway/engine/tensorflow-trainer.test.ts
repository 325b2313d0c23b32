import assert from 'node:assert/strict';
import { createEngine, InlineTrainer, type ProgramRequest } from '../../../gateway/engine';
import { PreferredTrainer, tensorFlowTrainer } from '../../../gateway/engine-tensorflow';
import { FtteError } from '../../../gateway/platform';
import { densePlan, parameterLayout, resolveModel } from '../../../gateway/task';
import { assertClose } from '../../support/engines';
import { exampleParameters, exampleSamples } from '../../support/models';

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

  it('keeps telling of lost threads after the change', async () => {
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
