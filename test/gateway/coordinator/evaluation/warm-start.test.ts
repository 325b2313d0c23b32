import { deepEqual, equal, ok } from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEngine, InlineTrainer, type Trainer } from '../../../../gateway/engine';
import { modelKey, type TaskInput, taskModel } from '../../../../gateway/task';
import type { Message } from '../../../../gateway/wire';
import { Fleet, settle, until } from '../fleet-harness';
import { sample, separableTask, TrainerFactory } from './separable-task';

describe('a warm start', () => {
  let fleet: Fleet;
  let trainers: TrainerFactory;
  const start = (more: Partial<TaskInput>) => {
    fleet = new Fleet(separableTask(more));
    trainers = new TrainerFactory();
  };
  beforeEach(() => start({ warmStart: { samples: 40, epochs: 30 } }));
  afterEach(() => fleet.close());

  it('is trained on the first windows before gateways receive any version, and is a version of its own', async () => {
    const messages = await fleet.listen('other', ['task', 'head', 'snapshot']);
    const heads = () => messages.flatMap((message) => (message.type === 'head' ? [message.version] : []));
    const { coordinator, versions } = await fleet.coordinator({ createTrainer: trainers.create });
    equal(messages.filter(({ type }) => type === 'task').length, 1);
    const { session } = fleet.session('late');
    await session.send({ type: 'sync', lineage: coordinator.status.lineage, version: -1 });
    for (let i = 0; i < 39; i++) coordinator.addHeldOut(sample(i));
    await settle();
    deepEqual([coordinator.status.phase, coordinator.status.missingWindows], ['warming', 1]);
    deepEqual(heads(), []);
    coordinator.addHeldOut(sample(39));
    await until(() => versions.length === 1);
    await settle(20);
    equal(versions[0]?.cause, 'warm-start');
    deepEqual([coordinator.status.phase, coordinator.status.version], ['collecting', 1]);
    deepEqual(heads(), [1]);
    equal(coordinator.status.heldOut, 0, 'samples that were trained on do not judge');
    equal(trainers.open.size, 0, 'its engine is closed');
    for (let i = 0; i < 100; i++) coordinator.addHeldOut(sample(i));
    const judge = new InlineTrainer(createEngine('javascript'));
    await judge.configure({ model: taskModel(fleet.task) });
    await judge.setParameters(coordinator.export('current').parameters);
    const held = Array.from({ length: 100 }, (_, i) => sample(i));
    const x = Float32Array.from(held.flatMap(({ window }) => [...window]));
    const y = Uint16Array.from(held, ({ label }) => label as number);
    const { confusion } = await judge.evaluate({ count: 100, x, y });
    ok(confusion[0]! + confusion[3]! > 80, `${confusion}`);
  });

  it('does not wait for ever for an even share of a rare label', async () => {
    const { coordinator, versions } = await fleet.coordinator({ createTrainer: trainers.create });
    for (let i = 0; i < 10; i++) coordinator.addHeldOut(sample(i));
    // 5 of each label; from here on one label alone, of which 20 samples fit.
    for (let i = 0; i < 149; i++) coordinator.addHeldOut(sample(0));
    await settle();
    deepEqual([coordinator.status.phase, coordinator.status.missingWindows], ['warming', 15]);
    coordinator.addHeldOut(sample(0));
    await until(() => versions.length === 1);
    equal(versions[0]?.cause, 'warm-start');
  });

  it('publishes the norms of its version, which gateways cannot compute', async () => {
    const { coordinator } = await fleet.coordinator({ createTrainer: trainers.create });
    for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
    await until(() => coordinator.status.version === 1);
    await settle(20);
    const [task] = await fleet.listen('other', ['task']);
    ok((task as Message<'task'>).importance?.norms);
  });

  it('holds updates off until it is over', async () => {
    const { coordinator } = await fleet.coordinator({ createTrainer: trainers.create });
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

  it('is published when the disk works again, if it could not be written', async () => {
    const folder = await fleet.folder();
    const watched = await fleet.coordinator({ createTrainer: trainers.create, folder });
    const { coordinator, problems, versions } = watched;
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

  it('lets no gateway train if the coordinator stops while it is being written', async () => {
    await fleet.close();
    start({
      warmStart: { samples: 40 },
      aggregation: { bufferSize: 1, participation: { kind: 'granted' } },
    });
    const folder = await fleet.folder();
    const { coordinator, problems } = await fleet.coordinator({ createTrainer: trainers.create, folder });
    for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
    await until(() => coordinator.status.phase !== 'warming');
    await coordinator.stop();
    await settle(20);
    deepEqual(problems, []);
    equal(fleet.clock.nextDue, undefined, 'no timer is left running');
  });

  it('happens once: after it a restart continues, before it a restart waits for windows again', async () => {
    const folder = await fleet.folder();
    const first = await fleet.coordinator({ createTrainer: trainers.create, folder });
    for (let i = 0; i < 20; i++) first.coordinator.addHeldOut(sample(i));
    await first.coordinator.stop();
    const second = await fleet.coordinator({ createTrainer: trainers.create, folder }, 'hub2');
    equal(second.coordinator.status.missingWindows, 40);
    for (let i = 0; i < 40; i++) second.coordinator.addHeldOut(sample(i));
    await until(() => second.coordinator.status.version === 1);
    await settle(40);
    await second.coordinator.stop();
    const third = await fleet.coordinator({ createTrainer: trainers.create, folder }, 'hub3');
    deepEqual([third.coordinator.status.phase, third.coordinator.status.version], ['collecting', 1]);
    const [task] = await fleet.listen('other', ['task']);
    ok((task as Message<'task'>).importance?.norms, 'the norms outlive the restart');
  });

  /** Feeds all windows to a coordinator whose engines are changed; the federation begins at version 0. */
  async function fails(change: (trainer: Trainer) => void) {
    const createTrainer = () => {
      const trainer = trainers.create();
      change(trainer);
      return trainer;
    };
    const { coordinator, problems } = await fleet.coordinator({ createTrainer });
    const messages = await fleet.listen('other', ['head']);
    for (let i = 0; i < 40; i++) coordinator.addHeldOut(sample(i));
    await until(() => coordinator.status.phase === 'collecting');
    await settle(20);
    equal(coordinator.status.version, 0);
    equal((messages.at(-1) as Message<'head'>).version, 0);
    return problems.map(({ message }) => message);
  }

  it('is dropped if it makes the model worse, with a message that says what may help', async () => {
    const messages = await fails((trainer) => {
      const train = trainer.train.bind(trainer);
      trainer.train = async (...asked) => ({ ...(await train(...asked)), lossBefore: 1, lossAfter: 1.5 });
    });
    ok(
      messages.some((text) => /worse \(loss 1 before, 1\.5 after\).*learningRate below 0\.01/.test(text)),
      `${messages}`,
    );
  });

  it('is dropped if training fails, with the reason', async () => {
    const messages = await fails((trainer) => {
      trainer.train = async () => {
        throw new Error('no memory');
      };
    });
    deepEqual(messages, ['no memory']);
  });

  it('is dropped if no engine can be created, with the reason', async () => {
    deepEqual(
      await fails(() => {
        throw new Error('no engine here');
      }),
      ['no engine here'],
    );
  });
});
