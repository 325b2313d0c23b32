import { deepEqual, equal, ok } from 'node:assert/strict';
import { initialParameters, parameterLayout } from '../../../../gateway/model';
import { type TaskInput, taskModel } from '../../../../gateway/task';
import type { Message } from '../../../../gateway/wire';
import { Fleet, settle, until } from '../fleet-harness';
import { sample, separableTask, TrainerFactory } from './separable-task';

describe('the importance scores that a coordinator measures', () => {
  let fleet: Fleet;
  let createTrainer: TrainerFactory['create'];
  const start = (more: Partial<TaskInput> = {}) => {
    fleet = new Fleet(separableTask(more));
    createTrainer = new TrainerFactory().create;
  };
  afterEach(() => fleet.close());

  /** The task messages that the broker carries from now on. */
  const listen = async () => (await fleet.listen('other', ['task'])) as Message<'task'>[];

  /** Feeds 64 windows to a coordinator that measures on 64. */
  async function feed(strategy: 'contribution' | 'gradient' | 'magnitude') {
    start({ selection: { strategy, measureSamples: 64 } });
    const { coordinator } = await fleet.coordinator({ createTrainer });
    const tasks = await listen();
    for (let i = 0; i < 64; i++) coordinator.addHeldOut(sample(i >> 1));
    await settle(40);
    return { coordinator, tasks };
  }

  it('are gains for contribution: half of the windows train, half judge', async () => {
    const { tasks, coordinator } = await feed('contribution');
    await until(() => tasks.at(-1)?.importance?.gains !== undefined);
    deepEqual(
      tasks.at(-1)?.importance?.gains?.map(({ tensor, gains }) => [tensor, gains.length]),
      [[0, 4]],
    );
    equal(coordinator.status.heldOut, 32);
  });

  it('are gradients for gradient', async () => {
    const { tasks } = await feed('gradient');
    await until(() => tasks.at(-1)?.importance?.gradients !== undefined);
    equal(tasks.at(-1)?.importance?.gradients?.length, 2 + 6);
  });

  it('are measured on as many windows as there is room for, if that is fewer', async () => {
    start({ selection: { strategy: 'gradient', measureSamples: 5000 } });
    const { coordinator } = await fleet.coordinator({ createTrainer, heldOutBytes: 40 * 8 });
    const tasks = await listen();
    for (let i = 0; i < 90; i++) coordinator.addHeldOut(sample(i >> 1));
    await until(() => tasks.at(-1)?.importance?.gradients !== undefined);
  });

  it('are none for strategies that go by the model alone', async () => {
    const { tasks, coordinator } = await feed('magnitude');
    equal(tasks.at(-1)?.importance, undefined);
    equal(coordinator.status.heldOut, 64);
  });

  it('come from updates that train all parameters, and only from those, if gradients are needed', async () => {
    start({ selection: { strategy: 'gradient' } });
    const { coordinator } = await fleet.coordinator({ createTrainer });
    const tasks = await listen();
    const gateway = await fleet.gateway('a');
    const { lineage } = coordinator.status;
    const { tensors, size } = parameterLayout(taskModel(fleet.task));
    const delta = new Float32Array(size);
    // The second input of the first kernel moves, and nothing else.
    delta.fill(0.01, tensors[0]!.offset + 6, tensors[0]!.offset + 12);
    for (let version = 0; version < 8; version++) {
      equal(tasks.at(-1)?.importance, undefined);
      const plan = { entries: [{ tensor: 2 }, { tensor: 3 }], microBatch: 1 };
      await gateway.send(gateway.update(lineage, new Float32Array(14), { plan, baseVersion: 2 * version }));
      await until(() => coordinator.status.version === 2 * version + 1);
      await gateway.send(gateway.update(lineage, delta, { baseVersion: 2 * version + 1 }));
      await until(() => coordinator.status.version === 2 * version + 2);
    }
    await settle(20);
    deepEqual([...tasks.at(-1)!.importance!.gradients!], [0, 255, 0, 0, 0, 0, 0, 0]);
    equal(tasks.at(-1)?.importance?.version, 16);
  });

  it('are published once per version, however many updates it was made of', async () => {
    start({ selection: { strategy: 'gradient' }, aggregation: { bufferSize: 40 } });
    const { coordinator } = await fleet.coordinator({ createTrainer });
    const tasks = await listen();
    const gateway = await fleet.gateway('a');
    const { lineage } = coordinator.status;
    const { tensors, size } = parameterLayout(taskModel(fleet.task));
    const moving = (input: number) => {
      const from = tensors[0]!.offset + 6 * input;
      return new Float32Array(size).fill(0.01, from, from + 6);
    };
    // The first eight updates alone would say the first input; all of them say both.
    for (let i = 0; i < 40; i++) await gateway.send(gateway.update(lineage, moving(i < 8 ? 0 : 1)));
    await until(() => coordinator.status.version === 1);
    await settle(20);
    const published = tasks.flatMap(({ importance }) => (importance ? [importance] : []));
    equal(published.length, 1);
    ok(published[0]!.gradients![0]! > 0 && published[0]!.gradients![1] === 255);
  });

  it('are the norms of an imported model', async () => {
    start();
    const initial = initialParameters(taskModel(fleet.task), 99);
    await fleet.coordinator({ createTrainer, initial });
    const [task] = await listen();
    equal(task?.importance?.norms?.length, 2 + 6);
  });
});
