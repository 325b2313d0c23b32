import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelStart, modelStart } from '../../../../gateway/coordinator';
import { modelKey, type Task, type TaskInput } from '../../../../gateway/task';
import { Fleet, tinyTask, until } from '../fleet-harness';

function taskOf(labels: string[] = ['rest', 'walk', 'run'], settings: Partial<TaskInput> = {}): Task {
  const model = { layers: [{ type: 'flatten' as const }, { type: 'dense' as const, units: labels.length }] };
  return tinyTask({ aggregation: { bufferSize: 1 }, labels, model, ...settings });
}

const more = ['rest', 'walk', 'run', 'jump'];

const pointwise = (filters: number) => [{ type: 'conv1d' as const, filters, kernel: 1 }];

describe('what a coordinator starts with', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-start-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Runs a coordinator until a gateway has made one version. @returns the parameters of that version */
  async function run({ task, initial }: ModelStart): Promise<Float32Array> {
    const fleet = new Fleet(task);
    const { coordinator, versions } = await fleet.coordinator({ folder, ...(initial && { initial }) });
    const gateway = await fleet.gateway('a');
    const { lineage, version } = coordinator.status;
    await gateway.send(gateway.update(lineage, 0.25, { baseVersion: version }));
    await until(() => versions.length === 1);
    const { parameters } = coordinator.export('current');
    await fleet.close();
    return parameters;
  }

  const column = (parameters: Float32Array, labels: number, label: number) =>
    [0, 1, 2].map((row) => parameters[row * labels + label]);

  it('is the seed if the folder is empty, or holds the model of the task', async () => {
    const task = taskOf();
    deepEqual(await modelStart(folder, task), { task });
    await run({ task });
    deepEqual(await modelStart(folder, task), { task });
  });

  it('is what the task before has learned if a label is added, and its notice names the layers', async () => {
    const learned = await run({ task: taskOf() });
    const start = await modelStart(folder, taskOf(more));
    for (const label of [0, 1, 2]) deepEqual(column(start.initial!, 4, label), column(learned, 3, label));
    const { text, ...layers } = start.carried!;
    deepEqual(layers, { kept: [], partly: ['dense'], fresh: [], version: 1 });
    match(text, /starts from version 1 of the one before: dense kept for the channels and labels that both/);
  });

  it('is the carried model again after a restart, and not carried over twice', async () => {
    await run({ task: taskOf() });
    const changed = taskOf(more);
    const first = await modelStart(folder, changed);
    const learned = await run(first);
    const again = await modelStart(folder, changed);
    deepEqual(again, { task: first.task });
    const fleet = new Fleet(again.task);
    const { coordinator } = await fleet.coordinator({ folder });
    deepEqual(coordinator.export('current').parameters, learned);
    await fleet.close();
  });

  it('is the former model of a task that is changed back', async () => {
    await run({ task: taskOf() });
    await run(await modelStart(folder, taskOf(more)));
    const task = taskOf();
    deepEqual(await modelStart(folder, task), { task });
  });

  const fresh: [string, Task, 'keep' | 'fresh'][] = [
    ['its owner chose that', taskOf(more), 'fresh'],
    ['the task names a start of its own', taskOf(more, { initial: '0123456789abcdef' }), 'keep'],
    [
      'no layer fits',
      taskOf(['a', 'b', 'c', 'd'], { model: { layers: [...pointwise(4), { type: 'globalaveragepool1d' }] } }),
      'keep',
    ],
    ['it learns something else', taskOf([], { kind: 'anomaly', model: { layers: pointwise(2) } }), 'keep'],
  ];
  for (const [why, task, choice] of fresh)
    it(`is a new model if ${why}`, async () => {
      await run({ task: taskOf() });
      deepEqual(await modelStart(folder, task, choice), { task });
    });

  it('is not decided by a model that nothing was learned in, or whose files are damaged', async () => {
    const task = taskOf(more);
    const fleet = new Fleet(taskOf());
    await fleet.coordinator({ folder });
    await fleet.close();
    deepEqual(await modelStart(folder, task), { task });

    await run({ task: taskOf() });
    const files = join(folder, modelKey(taskOf()));
    for (const name of await readdir(files))
      if (name.endsWith('.ckpt')) await writeFile(join(files, name), 'gone');
    deepEqual(await modelStart(folder, task), { task });
    ok((await readdir(folder)).includes(modelKey(taskOf())), 'the damaged files stay');
  });

  it('never passes over a damaged model of the task itself', async () => {
    await run({ task: taskOf(more) });
    await run({ task: taskOf() });
    const own = join(folder, modelKey(taskOf()));
    for (const name of await readdir(own)) await writeFile(join(own, name), 'gone');
    const { task, initial } = await modelStart(folder, taskOf());
    equal(initial, undefined);
    equal(task.initial, undefined);
  });
});
