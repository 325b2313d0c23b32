import assert from 'node:assert/strict';
import { createEngine, InlineTrainer, type ProgramRequest } from '../../../gateway/engine';
import { densePlan, parameterLayout } from '../../../gateway/model';
import { ModelFollower } from '../../../gateway/participant';
import { SeededRandom, VirtualClock } from '../../../gateway/platform';
import { type Classification, Predictor } from '../../../gateway/prediction';
import { TransportSession } from '../../../gateway/session';
import { taskModel } from '../../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import {
  federation,
  firstLineage,
  ScriptedCoordinator,
  secondLineage,
  settled,
  tinySamples,
  tinyTask,
  until,
} from '../participant/tools';
import { refusal } from '../stream/tools';

const task = tinyTask();

/** The answers of a program with these parameters, for comparison. */
function answers(parameters: Float32Array, window: Float32Array, of = task): number[] {
  const program = createEngine().compile({ model: taskModel(of) });
  program.loadParameters(parameters);
  return [...program.predict(window, 1)];
}

describe('predictor', () => {
  let clock: VirtualClock;
  let coordinator: ScriptedCoordinator;
  let follower: ModelFollower;
  let predictor: Predictor;
  const [first, second] = tinySamples(2).map((sample) => sample.window) as [Float32Array, Float32Array];

  async function make(
    use?: 'average' | 'current',
    trainer = new InlineTrainer(createEngine()),
  ): Promise<void> {
    clock = new VirtualClock();
    const broker = new MemoryBroker();
    coordinator = await new ScriptedCoordinator(broker, clock, task).start();
    const transport = new MemoryTransport(broker, { client: 'gw' });
    const session = new TransportSession({
      transport,
      federation,
      id: 'gw',
      clock,
      random: new SeededRandom(1),
    });
    follower = new ModelFollower({ session, clock, random: new SeededRandom(2) });
    predictor = new Predictor({ follower, trainer, use });
    transport.open();
    predictor.start();
    await follower.start();
    await settled();
  }

  async function classify(window: Float32Array) {
    const prediction = await predictor.predict(window);
    assert.ok(prediction.kind === 'classification');
    return prediction;
  }

  async function takeModel(): Promise<void> {
    clock.advance(1000);
    await until(() => predictor.serving !== undefined, 'a model');
  }

  afterEach(async () => {
    await predictor.stop();
    await follower.stop();
  });

  it('says that it is not ready before the first model', async () => {
    await make();
    await assert.rejects(predictor.predict(first), refusal('not-ready', 'no model'));
  });

  it('refuses windows that come faster than it predicts, and answers again when the queue is empty', async () => {
    await make();
    await takeModel();
    const asked = Array.from({ length: 300 }, () => predictor.predict(first));
    const outcomes = await Promise.allSettled(asked);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 256);
    await assert.rejects(asked.at(-1)!, refusal('not-ready', '256 windows already wait'));
    assert.equal((await predictor.predict(first)).version, 0);
  });

  it('gives the label, the confidence, a score for each label, and the version of the model', async () => {
    await make();
    await takeModel();
    const prediction = await classify(first);
    const wanted = answers(coordinator.average, first);
    assert.deepEqual(prediction.scores, { still: wanted[0], moving: wanted[1] });
    assert.equal(prediction.labelIndex, wanted[0]! >= wanted[1]! ? 0 : 1);
    assert.equal(prediction.label, task.labels[prediction.labelIndex]);
    assert.equal(prediction.confidence, Math.max(...wanted));
    assert.equal(prediction.lineage, firstLineage);
    assert.equal(prediction.version, 0);
  });

  for (const use of ['average', 'current'] as const) {
    it(`answers with the ${use} model if its options say so`, async () => {
      await make(use);
      await takeModel();
      await coordinator.publish(0.3);
      await coordinator.publish(-0.1);
      await until(() => predictor.serving?.version === 2, 'version 2');
      const model = use === 'average' ? coordinator.average : coordinator.parameters;
      const { scores } = await classify(second);
      assert.deepEqual(Object.values(scores), answers(model, second));
      assert.notDeepEqual(coordinator.average, coordinator.parameters);
    });
  }

  it('refuses windows of another shape and with values that are not finite, naming what it expects', async () => {
    await make();
    await takeModel();
    await assert.rejects(
      predictor.predict(new Float32Array(12)),
      refusal('window-shape', '[6, 2]', '[8, 2]: a, b'),
    );
    const broken = first.slice();
    broken[5] = Number.NaN;
    await assert.rejects(predictor.predict(broken), refusal('window-not-finite', 'channel b', 'row 2'));
    assert.equal((await predictor.predict(first)).version, 0);
  });

  it('gives no label to a window of such values that the model has no numbers for it, and goes on', async () => {
    await make();
    await takeModel();
    const huge = first.map((_, i) => (i % 2 === 0 ? 3e38 : -3e38));
    await assert.rejects(
      predictor.predict(huge),
      refusal('window-not-finite', 'no numbers', 'values up to 3e+38', 'spreads of a, b'),
    );
    assert.equal((await predictor.predict(first)).version, 0);
  });

  it('answers every request while versions change, each with one whole version', async () => {
    await make('current');
    await takeModel();
    const models = new Map([[0, coordinator.parameters.slice()]]);
    const asked: Promise<Classification & { version: number }>[] = [];
    for (let version = 1; version <= 20; version++) {
      asked.push(classify(first));
      await coordinator.publish(0.05);
      models.set(version, coordinator.parameters.slice());
      asked.push(classify(first));
    }
    const given = await Promise.all(asked);
    assert.equal(given.length, 40);
    given.forEach(({ version, scores }, i) => {
      assert.deepEqual(Object.values(scores), answers(models.get(version)!, first));
      assert.ok(i === 0 || version >= given[i - 1]!.version, 'versions never go back');
    });
    assert.ok(given[39]!.version > 10);
  });

  it('keeps the old model until the new lineage has one', async () => {
    await make();
    await takeModel();
    coordinator.answering = false;
    const other = tinyTask({ labels: ['still', 'moving', 'falling'], model: { preset: 'mlp', size: 'S' } });
    await coordinator.restart(secondLineage, other);
    await until(() => follower.lineage === secondLineage, 'the new lineage');
    const before = await classify(first);
    assert.equal(before.lineage, firstLineage);
    assert.deepEqual(Object.keys(before.scores), ['still', 'moving']);
    coordinator.answering = true;
    clock.advance(1000);
    await until(() => predictor.serving?.lineage === secondLineage, 'the new model');
    const { scores } = await classify(first);
    assert.deepEqual(Object.keys(scores), ['still', 'moving', 'falling']);
    assert.deepEqual(Object.values(scores), answers(coordinator.average, first, other));
  });

  it('refuses requests after a model that could not be loaded, and answers again with the next version', async () => {
    class Fragile extends InlineTrainer {
      failing = false;
      override setParameters(flat: Float32Array): Promise<void> {
        return this.failing ? Promise.reject(new Error('out of memory')) : super.setParameters(flat);
      }
    }
    const trainer = new Fragile(createEngine());
    await make('current', trainer);
    await takeModel();
    trainer.failing = true;
    await coordinator.publish(0.1);
    await until(() => follower.version === 1, 'version 1');
    await assert.rejects(predictor.predict(first), refusal('not-ready'));
    trainer.failing = false;
    await coordinator.publish(0.1);
    await until(() => predictor.serving?.version === 2, 'version 2');
    assert.deepEqual(Object.values((await classify(first)).scores), answers(coordinator.parameters, first));
  });

  it('compiles once for all versions of a model, and for inference only', async () => {
    const compiled: ProgramRequest[] = [];
    class Watched extends InlineTrainer {
      override configure(request: ProgramRequest) {
        compiled.push(request);
        return super.configure(request);
      }
    }
    await make('current', new Watched(createEngine()));
    await takeModel();
    for (let i = 0; i < 3; i++) await coordinator.publish(0.1);
    await until(() => predictor.serving?.version === 3, 'version 3');
    assert.deepEqual(
      compiled.map(({ plan }) => plan),
      [undefined],
    );
    const model = taskModel(task);
    const plan = densePlan(parameterLayout(model), 4);
    const { optimiser, batchSize } = task.training;
    const inference = createEngine().compile({ model }).memory.peakBytes;
    assert.ok(inference < createEngine().compile({ model, plan, optimiser, batchSize }).memory.peakBytes);
  });

  it('cancels the waiting requests when it is stopped', async () => {
    await make();
    await takeModel();
    const waiting = [predictor.predict(first), predictor.predict(second)];
    const stopped = predictor.stop();
    for (const prediction of waiting) await assert.rejects(prediction, refusal('cancelled'));
    await stopped;
    await assert.rejects(predictor.predict(first), refusal('cancelled'));
  });
});
