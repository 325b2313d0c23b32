import assert from 'node:assert/strict';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { densePlan, initialParameters, parameterLayout } from '../../../gateway/model';
import { VirtualClock } from '../../../gateway/platform';
import { taskModel } from '../../../gateway/task';
import { tinySamples, tinyTask } from '../participant/tools';

/** A clock that goes on by 10 ms each time it is read: as training, which blocks, would find it. */
class BusyClock extends VirtualClock {
  override now(): number {
    this.advance(10);
    return super.now();
  }
}

async function train(maxMs: number | undefined) {
  const task = tinyTask();
  const model = taskModel(task);
  const trainer = new InlineTrainer(createEngine(), new BusyClock());
  const plan = densePlan(parameterLayout(model), 1);
  await trainer.configure({ model, plan, optimiser: task.training.optimiser, batchSize: 4 });
  await trainer.setParameters(initialParameters(model, 1));
  const samples = tinySamples(16);
  const x = Float32Array.from(samples.flatMap(({ window }) => [...window]));
  const y = Uint16Array.from(samples.map(({ label }) => label));
  const options = { epochs: 2, learningRate: 0.01, seed: 1, ...(maxMs !== undefined && { maxMs }) };
  const result = await trainer.train({ count: 16, x, y }, options);
  await trainer.close();
  return result;
}

describe('a round in a box of time', () => {
  it('ends with the steps that were made when the time is over', async () => {
    const whole = await train(undefined);
    assert.deepEqual([whole.steps, whole.stopped], [8, false]);
    const { steps, stopped, delta } = await train(35);
    assert.deepEqual([steps, stopped], [4, true]);
    assert.ok(delta.some((value) => value !== 0));
  });

  it('makes one step where there is time for none', async () => {
    const { steps, stopped } = await train(1);
    assert.deepEqual([steps, stopped], [1, true]);
  });

  it('is a whole round where there is time enough', async () => {
    const { delta, steps } = await train(10_000);
    assert.equal(steps, 8);
    assert.deepEqual(delta, (await train(undefined)).delta);
  });
});
