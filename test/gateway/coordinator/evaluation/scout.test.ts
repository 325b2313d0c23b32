import { deepEqual, equal, ok } from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEngine, InlineTrainer, type Trainer } from '../../../../gateway/engine';
import { initialParameters, parameterLayout } from '../../../../gateway/model';
import { SeededRandom } from '../../../../gateway/platform';
import { modelKey, type TaskInput, taskModel } from '../../../../gateway/task';
import type { Message } from '../../../../gateway/wire';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

/** Two labels that one hidden layer can tell apart, by whether the two readings differ. */
const settings = (more: Partial<TaskInput> = {}): Partial<TaskInput> => ({
  labels: ['same', 'different'],
  model: {
    layers: [{ type: 'flatten' }, { type: 'dense', units: 6 }, { type: 'relu' }, { type: 'dense', units: 2 }],
  },
  training: { batchSize: 8, learningRate: 0.1 },
  aggregation: { bufferSize: 1, averageVersions: 1 },
  ...more,
});
const random = new SeededRandom(4);
const sample = (i: number) => {
  const [a, b] = [random.normal(), random.normal()];
  const label = i % 2;
  return { window: Float32Array.of(a, label === 1 ? -a : a + 0.1 * b), label };
};

describe('what a coordinator does ahead of its gateways', () => {
  let fleet: Fleet;
  let open: Set<Trainer>;
  const createTrainer = () => {
    const trainer = new InlineTrainer(createEngine('javascript'));
    const close = trainer.close.bind(trainer);
    trainer.close = async () => {
      open.delete(trainer);
      await close();
    };
    open.add(trainer);
    return trainer;
  };
  const make = (more: Partial<TaskInput>) => {
    fleet = new Fleet(tinyTask(settings(more)));
    open = new Set();
  };
  afterEach(() => fleet.close());

  const tasks = (heard: readonly Message[]) => heard.filter((message) => message.type === 'task');
  const heads = (heard: readonly Message[]) => heard.filter((message) => message.type === 'head');

  describe('a warm start', () => {
    beforeEach(() => make({ warmStart: { samples: 40, epochs: 30 } }));

    it('is made of the first windows before any gateway hears of a version, and is a version of its own', async () => {
      const heard = await fleet.listen('other', ['task', 'head', 'snapshot']);
      const { coordinator, versions } = await fleet.coordinator({ createTrainer });
      equal(tasks(heard).length, 1);
      const { session } = fleet.session('late');
      await session.send({ type: 'sync', lineage: coordinator.status.lineage, version: -1 });
      for (let i = 0; i < 39; i++) coordinator.addHeldOut(sample(i));
      await settle();
      deepEqual([coordinator.status.phase, coordinator.status.missingWindows], ['warming', 1]);
      deepEqual(heads(heard), []);
      coordinator.addHeldOut(sample(39));
      await until(() => versions.length === 1);
      await settle(20);
      equal(versions[0]?.cause, 'warm-start');
      deepEqual([coordinator.status.phase, coordinator.status.version], ['collecting', 1]);
      deepEqual(
        heads(heard).map((head) => (head as Message<'head'>).version),
        [1],
      );
      equal(coordinator.status.heldOut, 0, 'what was trained on does not judge');
      equal(open.size, 0, 'its engine is gone');
      for (let i = 0; i < 100; i++) coordinator.addHeldOut(sample(i));
      const judge = new InlineTrainer(createEngine('javascript'));
      await judge.configure({ model: taskModel(fleet.task) });
      await judge.setParameters(coordinator.export('current').parameters);
      const held = Array.from({ length: 100 }, (_, i) => sample(i));
      const x = Float32Array.from(held.flatMap(({ window }) => [...window]));
      const y = Uint16Array.from(held, ({ label }) => label);
      const { confusion } = await judge.evaluate({ count: 100, x, y });
      ok(confusion[0]! + confusion[3]! > 80, `${confusion}`);
    });

    it('does not wait for ever for an even share of a label that is rare', async () => {
      const { coordinator, versions } = await fleet.coordinator({ createTrainer });
      for (let i = 0; i < 10; i++) coordinator.addHeldOut(sample(i));
      // 5 of each; from here on one label alone, of which 20 are kept.
      for (let i = 0; i < 149; i++) coordinator.addHeldOut(sample(0));
      await settle();
      deepEqual([coordinator.status.phase, coordinator.status.missingWindows], ['warming', 15]);
      coordinator.addHeldOut(sample(0));
      await until(() => versions.length === 1);
      equal(versions[0]?.cause, 'warm-start');
    });

    it('tells gateways by which norms to choose, since they cannot know them', async () => {
      const { coordinator } = await fleet.coordinator({ createTrainer });
      for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
      await until(() => coordinator.status.version === 1);
      await settle(20);
      const [task] = await fleet.listen('other', ['task']);
      ok((task as Message<'task'>).importance?.norms);
    });

    it('takes no update before it is done, and updates after it', async () => {
      const { coordinator } = await fleet.coordinator({ createTrainer });
      const gateway = await fleet.gateway('a');
      const { lineage } = coordinator.status;
      const early = gateway.update(lineage, 0.1);
      await gateway.send(early);
      await settle(20);
      equal(gateway.ackOf(early), undefined);
      for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
      await until(() => coordinator.status.version === 1);
      await settle(20);
      await gateway.send(gateway.update(lineage, 0.1, { baseVersion: 1 }));
      await until(() => coordinator.status.version === 2);
    });

    it('is told when the disk works again, where it could not be written', async () => {
      const folder = await fleet.folder();
      const { coordinator, problems, versions } = await fleet.coordinator({ createTrainer, folder });
      const gateway = await fleet.gateway('a');
      const inside = join(folder, modelKey(fleet.task));
      await rename(inside, `${inside}.away`);
      await writeFile(inside, '');
      for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
      await until(() => problems.length > 0);
      await settle(40);
      equal(versions.length, 0);
      await rm(inside);
      await rename(`${inside}.away`, inside);
      // The next attempt may have failed already, or be about to.
      await until(() => {
        fleet.clock.advance(1000);
        return versions.length === 1;
      });
      equal(versions[0]?.cause, 'warm-start');
      await gateway.send(gateway.update(coordinator.status.lineage, 0.1, { baseVersion: 1 }));
      await until(() => coordinator.status.version === 2);
    });

    it('that is still being written when the coordinator stops lets nobody train', async () => {
      await fleet.close();
      make({
        warmStart: { samples: 40 },
        aggregation: { bufferSize: 1, participation: { kind: 'granted' } },
      });
      const folder = await fleet.folder();
      const { coordinator, problems } = await fleet.coordinator({ createTrainer, folder });
      for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
      await until(() => coordinator.status.phase !== 'warming');
      await coordinator.stop();
      await settle(20);
      deepEqual(problems, []);
      equal(fleet.clock.nextDue, undefined, 'a timer was left running');
    });

    it('is made once: a restart after it goes on, a restart before it waits for windows again', async () => {
      const folder = await fleet.folder();
      const first = await fleet.coordinator({ createTrainer, folder });
      for (let i = 0; i < 20; i++) first.coordinator.addHeldOut(sample(i));
      await first.coordinator.stop();
      const second = await fleet.coordinator({ createTrainer, folder }, 'hub2');
      equal(second.coordinator.status.missingWindows, 40);
      for (let i = 0; i < 40; i++) second.coordinator.addHeldOut(sample(i));
      await until(() => second.coordinator.status.version === 1);
      await settle(40);
      await second.coordinator.stop();
      const third = await fleet.coordinator({ createTrainer, folder }, 'hub3');
      deepEqual([third.coordinator.status.phase, third.coordinator.status.version], ['collecting', 1]);
      const [task] = await fleet.listen('other', ['task']);
      ok((task as Message<'task'>).importance?.norms, 'the norms outlive the restart');
    });

    it('that makes the model worse is told with what may help, and the federation begins without it', async () => {
      const worse = () => {
        const trainer = createTrainer();
        const train = trainer.train.bind(trainer);
        trainer.train = async (...asked) => ({ ...(await train(...asked)), lossBefore: 1, lossAfter: 1.5 });
        return trainer;
      };
      const { coordinator, problems } = await fleet.coordinator({ createTrainer: worse });
      for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
      await until(() => coordinator.status.phase === 'collecting');
      equal(coordinator.status.version, 0);
      ok(
        problems.some(({ message }) =>
          /worse \(loss 1 before, 1\.5 after\).*learningRate below 0\.01/.test(message),
        ),
      );
    });

    it('that cannot be made is told, and the federation begins without it', async () => {
      const failing = () => {
        const trainer = createTrainer();
        trainer.train = async () => {
          throw new Error('no memory');
        };
        return trainer;
      };
      const { coordinator, problems } = await fleet.coordinator({ createTrainer: failing });
      const heard = await fleet.listen('other', ['head']);
      for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
      await until(() => coordinator.status.phase === 'collecting');
      await settle(20);
      ok(problems.some(({ message }) => message.includes('no memory')));
      equal((heard.at(-1) as Message<'head'>).version, 0);
    });
  });

  describe('measuring what plans are chosen by', () => {
    const feed = async (strategy: 'contribution' | 'gradient' | 'magnitude') => {
      make({ selection: { strategy, measureSamples: 64 } });
      const watched = await fleet.coordinator({ createTrainer });
      const heard = await fleet.listen('other', ['task']);
      for (let i = 0; i < 64; i++) watched.coordinator.addHeldOut(sample(i >> 1));
      await settle(40);
      return { ...watched, heard: heard as Message<'task'>[] };
    };

    it('gains, for contribution: half of the windows are trained on, half judge', async () => {
      const { heard, coordinator } = await feed('contribution');
      await until(() => heard.at(-1)?.importance?.gains !== undefined);
      deepEqual(
        heard.at(-1)?.importance?.gains?.map(({ tensor, gains }) => [tensor, gains.length]),
        [[0, 4]],
      );
      equal(coordinator.status.heldOut, 32);
    });

    it('gradients, for gradient', async () => {
      const { heard } = await feed('gradient');
      await until(() => heard.at(-1)?.importance?.gradients !== undefined);
      equal(heard.at(-1)?.importance?.gradients?.length, 2 + 6);
    });

    it('with as many windows as there is room for, where that is fewer', async () => {
      make({ selection: { strategy: 'gradient', measureSamples: 5000 } });
      const { coordinator } = await fleet.coordinator({ createTrainer, heldOutBytes: 40 * 8 });
      const heard = (await fleet.listen('other', ['task'])) as Message<'task'>[];
      for (let i = 0; i < 90; i++) coordinator.addHeldOut(sample(i >> 1));
      await until(() => heard.at(-1)?.importance?.gradients !== undefined);
    });

    it('nothing for strategies that go by the model alone', async () => {
      const { heard, coordinator } = await feed('magnitude');
      equal(heard.at(-1)?.importance, undefined);
      equal(coordinator.status.heldOut, 64);
    });

    it('takes the updates of gateways that train everything for gradients, and only those', async () => {
      make({ selection: { strategy: 'gradient' } });
      const { coordinator } = await fleet.coordinator({ createTrainer });
      const heard = (await fleet.listen('other', ['task'])) as Message<'task'>[];
      const gateway = await fleet.gateway('a');
      const { lineage } = coordinator.status;
      const { tensors, size } = parameterLayout(taskModel(fleet.task));
      const delta = new Float32Array(size);
      // The second input of the first kernel moves, and nothing else.
      delta.fill(0.01, tensors[0]!.offset + 6, tensors[0]!.offset + 12);
      for (let version = 0; version < 8; version++) {
        equal(heard.at(-1)?.importance, undefined);
        const plan = { entries: [{ tensor: 2 }, { tensor: 3 }], microBatch: 1 };
        await gateway.send(gateway.update(lineage, new Float32Array(14), { plan, baseVersion: 2 * version }));
        await until(() => coordinator.status.version === 2 * version + 1);
        await gateway.send(gateway.update(lineage, delta, { baseVersion: 2 * version + 1 }));
        await until(() => coordinator.status.version === 2 * version + 2);
      }
      await settle(20);
      deepEqual([...heard.at(-1)!.importance!.gradients!], [0, 255, 0, 0, 0, 0, 0, 0]);
      equal(heard.at(-1)?.importance?.version, 16);
    });
  });

  it('tells what a version measured once, however many updates it was made of', async () => {
    make({ selection: { strategy: 'gradient' }, aggregation: { bufferSize: 40 } });
    const { coordinator } = await fleet.coordinator({ createTrainer });
    const heard = (await fleet.listen('other', ['task'])) as Message<'task'>[];
    const gateway = await fleet.gateway('a');
    const { lineage } = coordinator.status;
    const { tensors } = parameterLayout(taskModel(fleet.task));
    const moving = (input: number) => {
      const delta = new Float32Array(parameterLayout(taskModel(fleet.task)).size);
      return delta.fill(0.01, tensors[0]!.offset + 6 * input, tensors[0]!.offset + 6 * (input + 1));
    };
    // The first reports alone would say the first input; all of them say both.
    for (let i = 0; i < 40; i++) await gateway.send(gateway.update(lineage, moving(i < 8 ? 0 : 1)));
    await until(() => coordinator.status.version === 1);
    await settle(20);
    const importances = heard.flatMap(({ importance }) => (importance ? [importance] : []));
    equal(importances.length, 1);
    ok(importances[0]!.gradients![0]! > 0 && importances[0]!.gradients![1] === 255);
  });

  it('an imported model is told by its norms', async () => {
    make({});
    const initial = initialParameters(taskModel(fleet.task), 99);
    await fleet.coordinator({ createTrainer, initial });
    const [task] = (await fleet.listen('other', ['task'])) as Message<'task'>[];
    equal(task?.importance?.norms?.length, 2 + 6);
  });
});
