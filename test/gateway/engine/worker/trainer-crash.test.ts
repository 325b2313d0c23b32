import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Samples, type TrainOptions, type TrainResult, WorkerTrainer } from '../../../../gateway/engine';
import { resolveModel } from '../../../../gateway/model';
import { faults } from '../../../support/engine/scripted-engine';

const model = resolveModel(
  [1, 1],
  [{ type: 'flatten' }, { type: 'dense', units: 2 }],
  2,
  'softmax-cross-entropy',
);
const samples: Samples = { count: 1, x: new Float32Array(1), y: new Uint16Array(1) };
const options = (seed: number): TrainOptions => ({ epochs: 1, learningRate: 1, seed });

describe('A worker trainer whose thread fails', () => {
  let trainer: WorkerTrainer;
  let restarts: Error[];

  beforeEach(async () => {
    trainer = new WorkerTrainer({
      entry: join(__dirname, '..', '..', '..', 'support', 'engine', 'scripted-worker.ts'),
    });
    restarts = [];
    trainer.onRestart((error) => restarts.push(error));
    await trainer.configure({ model });
    await trainer.setParameters(new Float32Array([7, 0, 0, 0]));
  });

  afterEach(() => trainer.close());

  const rejectsAsCrashed = (request: Promise<unknown>, reason: RegExp) =>
    assert.rejects(request, { name: 'FtteError', code: 'engine-crashed', message: reason });

  const cases: [title: string, seed: number, reason: RegExp][] = [
    ['an exception in a request', faults.trap, /memory access out of bounds/],
    ['an exit', faults.exit, /exited with code 7/],
    ['a heap that overflows', faults.memory, /out of memory|memory limit/],
  ];
  for (const [title, seed, reason] of cases) {
    it(`rejects what ran after ${title}, reports it, and has its model at the next request`, async () => {
      await rejectsAsCrashed(trainer.train(samples, options(seed)), reason);
      assert.equal(restarts.length, 1);
      assert.match(restarts[0]?.message ?? '', reason);
      assert.deepEqual([...(await trainer.predict(new Float32Array([1]), 1))], [8]);
    });
  }

  it('notices an exception between requests without failing any', async () => {
    const told = new Promise<Error>((resolve) => trainer.onRestart(resolve));
    await trainer.train(samples, options(faults.later));
    trainer.cancel();
    assert.match((await told).message, /nobody asked/);
    assert.deepEqual([...(await trainer.predict(new Float32Array([1]), 1))], [8]);
  });

  it('still runs what was queued behind the request that failed', async () => {
    const failing = trainer.train(samples, options(faults.trap));
    const queued = trainer.predict(new Float32Array([1]), 1);
    await rejectsAsCrashed(failing, /memory access/);
    assert.deepEqual([...(await queued)], [8]);
  });

  it('keeps going when a listener of restarts throws', async () => {
    trainer.onRestart(() => {
      throw new Error('listener');
    });
    await rejectsAsCrashed(trainer.train(samples, options(faults.trap)), /memory access/);
    assert.equal((await trainer.evaluate(samples)).loss, 7);
  });

  it('does not call a listener that was removed', async () => {
    const heard: Error[] = [];
    trainer.onRestart((error) => heard.push(error))();
    await rejectsAsCrashed(trainer.train(samples, options(faults.trap)), /memory access/);
    assert.equal(heard.length, 0);
  });

  it('ends a running round on request, and only that one', async () => {
    const running = trainer.train(samples, options(faults.endless));
    // Answered only after the round began: the thread was started and set up before.
    setImmediate(() => trainer.cancel());
    const result: TrainResult = await running;
    assert.equal(result.stopped, true);
    assert.equal((await trainer.train(samples, options(1))).stopped, false);
  });

  it('rejects what runs and what waits when it is closed, with the thread gone', async () => {
    const running = trainer.train(samples, options(faults.endless));
    const waiting = trainer.evaluate(samples);
    const both = Promise.allSettled([running, waiting]);
    setImmediate(() => void trainer.close());
    for (const outcome of await both) {
      assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'cancelled');
    }
    await trainer.close();
    assert.equal(restarts.length, 0);
    await assert.rejects(trainer.evaluate(samples), { code: 'cancelled' });
  });

  it('leaves the event loop free while it trains', async () => {
    const running = trainer.train(samples, options(faults.endless));
    for (let turns = 0; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve));
    trainer.cancel();
    assert.equal((await running).stopped, true);
  });
});
