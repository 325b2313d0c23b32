import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  createEngine,
  InlineTrainer,
  type ProgramRequest,
  planMemory,
  type Trainer,
  WorkerTrainer,
} from '../../../../gateway/engine';
import { densePlan, type Plan, parameterLayout } from '../../../../gateway/model';
import { VirtualClock } from '../../../../gateway/platform';
import { exampleParameters, exampleSamples, smallModels } from '../../../support/engine/models';

const engine = createEngine('javascript');
const model = smallModels[4]![1];
const otherModel = smallModels[1]![1];
const layout = parameterLayout(model);
const request: ProgramRequest = {
  model,
  plan: densePlan(layout, 4),
  optimiser: { kind: 'sgd', momentum: 0.9 },
  batchSize: 8,
};
const options = { epochs: 2, learningRate: 0.05, seed: 3 };
const samples = exampleSamples(model, 20);
const parameters = exampleParameters(model);

const trainers: [name: string, make: () => Trainer][] = [
  ['in a worker thread', () => new WorkerTrainer({ engine: 'javascript' })],
  ['in the caller thread', () => new InlineTrainer(engine)],
];

for (const [name, make] of trainers) {
  describe(`A trainer ${name}`, () => {
    let trainer: Trainer;
    beforeEach(() => {
      trainer = make();
    });
    afterEach(() => trainer.close());

    const program = (change: (flat: Float32Array) => void = () => undefined) => {
      const compiled = engine.compile(request);
      const flat = parameters.slice();
      change(flat);
      compiled.loadParameters(flat);
      return compiled;
    };
    const ready = async () => {
      await trainer.configure(request);
      await trainer.setParameters(parameters);
    };

    it('compiles, and says what memory the program has', async () => {
      assert.deepEqual(await trainer.configure(request), planMemory(request));
      assert.equal(trainer.kind, 'javascript');
    });

    it('gives what its program gives, bit for bit', async () => {
      await ready();
      const { durationMs, ...result } = await trainer.train(samples, options);
      assert.deepEqual(result, program().train(samples, options));
      assert.ok(durationMs >= 0);
      assert.deepEqual(await trainer.evaluate(samples), program().evaluate(samples));
      assert.deepEqual(await trainer.predict(samples.x, 20), program().predict(samples.x, 20));
    });

    it('needs a program before parameters, and parameters before work', async () => {
      await assert.rejects(trainer.setParameters(parameters), { code: 'not-ready' });
      await assert.rejects(trainer.train(samples, options), { code: 'not-ready' });
      await trainer.configure(request);
      await assert.rejects(trainer.evaluate(samples), { code: 'not-ready' });
      await trainer.setParameters(parameters);
      await trainer.evaluate(samples);
    });

    it('refuses parameters of another model, and keeps those it has', async () => {
      await ready();
      await assert.rejects(trainer.setParameters(new Float32Array(5)), {
        code: 'model-invalid',
        message: `got 5 parameters, the model has ${layout.size}`,
      });
      assert.deepEqual(await trainer.predict(samples.x, 20), program().predict(samples.x, 20));
    });

    it('keeps the parameters when the plan changes, and drops them when the model does', async () => {
      await ready();
      const plan: Plan = { entries: [{ tensor: 0 }], microBatch: 2 };
      await trainer.configure({ ...request, plan });
      assert.deepEqual(await trainer.predict(samples.x, 20), program().predict(samples.x, 20));
      const { delta } = await trainer.train(samples, options);
      assert.equal(delta.length, layout.tensors[0]?.size);
      await trainer.configure({ model: otherModel });
      await assert.rejects(trainer.evaluate(exampleSamples(otherModel, 2)), { code: 'not-ready' });
    });

    it('still has the program before when a new one is refused', async () => {
      await ready();
      const plan: Plan = { entries: [{ tensor: 99 }], microBatch: 1 };
      await assert.rejects(trainer.configure({ ...request, plan }), {
        name: 'FtteError',
        code: 'plan-invalid',
      });
      assert.deepEqual(await trainer.predict(samples.x, 20), program().predict(samples.x, 20));
    });

    it('passes on why the engine refuses, with the facts', async () => {
      await ready();
      await assert.rejects(trainer.predict(new Float32Array(3), 1), {
        name: 'FtteError',
        code: 'window-shape',
        details: { got: 3, wanted: 22 * 9 },
      });
    });

    it('runs requests in the order they came', async () => {
      await ready();
      const twice = parameters.map((value) => 2 * value);
      const [before, , after] = await Promise.all([
        trainer.predict(samples.x, 20),
        trainer.setParameters(twice),
        trainer.predict(samples.x, 20),
      ]);
      assert.deepEqual(before, program().predict(samples.x, 20));
      assert.deepEqual(after, program((flat) => flat.set(twice)).predict(samples.x, 20));
    });

    it('leaves what it is given alone, and does not mind what becomes of it', async () => {
      await trainer.configure(request);
      const flat = parameters.slice();
      const mine = { count: 20, x: samples.x.slice(), y: samples.y.slice() };
      const set = trainer.setParameters(flat);
      const trained = trainer.train(mine, options);
      assert.deepEqual(flat, parameters);
      assert.deepEqual(mine, samples);
      flat.fill(0);
      mine.x.fill(0);
      await set;
      const { durationMs, ...result } = await trained;
      assert.deepEqual(result, program().train(samples, options));
    });

    it('takes views into larger buffers', async () => {
      await ready();
      const large = new Float32Array(samples.x.length + 100);
      large.set(samples.x, 50);
      const view = large.subarray(50, 50 + samples.x.length);
      assert.deepEqual(await trainer.predict(view, 20), program().predict(samples.x, 20));
    });

    it('ends a round that was cancelled before it began, with nothing done, and not the next', async () => {
      await ready();
      const round = trainer.train(samples, options);
      trainer.cancel();
      const { steps, stopped, delta } = await round;
      assert.deepEqual([steps, stopped], [0, true]);
      assert.ok(delta.every((value) => value === 0));
      assert.equal((await trainer.train(samples, options)).stopped, false);
    });

    it('does nothing on cancel when nothing trains', async () => {
      await ready();
      trainer.cancel();
      assert.equal((await trainer.train(samples, options)).stopped, false);
    });

    it('rejects what waits, and what comes later, once it is closed', async () => {
      await ready();
      const waiting = Promise.allSettled([trainer.train(samples, options), trainer.evaluate(samples)]);
      await trainer.close();
      for (const outcome of await waiting) {
        assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'cancelled');
      }
      await assert.rejects(trainer.configure(request), { code: 'cancelled' });
      await trainer.close();
    });

    it('can be closed before it did anything', async () => {
      await trainer.close();
    });
  });
}

describe('A trainer in the caller thread, besides', () => {
  it('measures its rounds on the clock it was given', async () => {
    const trainer = new InlineTrainer(engine, new VirtualClock(1000));
    await trainer.configure(request);
    await trainer.setParameters(parameters);
    assert.equal((await trainer.train(samples, options)).durationMs, 0);
  });

  it('reports a program that failed beyond an FtteError, and sets it up again', async () => {
    let failing = true;
    const trainer = new InlineTrainer({
      kind: engine.kind,
      compile(asked) {
        const compiled = engine.compile(asked);
        const evaluate = compiled.evaluate.bind(compiled);
        compiled.evaluate = (given) => {
          if (failing) throw new RangeError('memory access out of bounds');
          return evaluate(given);
        };
        return compiled;
      },
    });
    const told: Error[] = [];
    trainer.onRestart((error) => told.push(error));
    await trainer.configure(request);
    await trainer.setParameters(parameters);
    await assert.rejects(trainer.evaluate(samples), { code: 'engine-crashed', message: /out of bounds/ });
    failing = false;
    assert.equal((await trainer.evaluate(samples)).count, 20);
    assert.equal(told.length, 1);
  });
});

describe('A trainer in a worker thread, besides', () => {
  const root = join(__dirname, '..', '..', '..', '..');

  it('does not keep a process alive when it is idle', () => {
    const script = `
      const { WorkerTrainer } = require('./gateway/engine');
      const { smallModels } = require('./test/support/engine/models');
      const trainer = new WorkerTrainer({ engine: 'javascript' });
      trainer.configure({ model: smallModels[0][1] }).then(() => console.log('configured'));`;
    const output = execFileSync(process.execPath, ['--require', './test/loader.cjs', '-e', script], {
      cwd: root,
      timeout: 20_000,
      encoding: 'utf8',
    });
    assert.equal(output.trim(), 'configured');
  });

  const built = join(root, 'dist', 'gateway', 'engine', 'worker', 'worker-main.js');
  const onBuilt = existsSync(built) ? it : it.skip;

  onBuilt('loads nothing but the engine: no schema library, no transport (built package)', async () => {
    const probe = new Worker(
      `const { parentPort } = require('node:worker_threads');
       require(${JSON.stringify(built)});
       parentPort.postMessage(Object.keys(require.cache));
       parentPort.close();`,
      { eval: true, workerData: { engine: 'auto', cancelled: new Int32Array(1) }, execArgv: [] },
    );
    const files = await new Promise<string[]>((resolve, reject) => {
      probe.once('message', resolve);
      probe.once('error', reject);
    });
    await probe.terminate();
    assert.ok(files.length > 5);
    // The metrics are arithmetic alone: the thread counts scores for them.
    const foreign = files.filter(
      (file) => !/[\\/]dist[\\/]gateway[\\/](engine|metrics|model|platform)[\\/]/.test(file),
    );
    assert.deepEqual(foreign, []);
  });

  onBuilt('runs from the built package without any loader', () => {
    const script = `
      const { WorkerTrainer, resolveModel } = require('./dist/gateway');
      const model = resolveModel([4, 1], [{ type: 'flatten' }, { type: 'dense', units: 2 }], 2, 'softmax-cross-entropy');
      const trainer = new WorkerTrainer();
      (async () => {
        await trainer.configure({ model });
        await trainer.setParameters(new Float32Array(10));
        console.log([...(await trainer.predict(new Float32Array(4), 1))].join());
        await trainer.close();
      })();`;
    const output = execFileSync(process.execPath, ['-e', script], {
      cwd: root,
      timeout: 20_000,
      encoding: 'utf8',
    });
    assert.equal(output.trim(), '0.5,0.5');
  });
});
