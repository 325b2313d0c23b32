import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../../../../gateway/simulation';
import { smallScenario } from '../support';

/** Four people who rest, walk and run in turns of eight readings, at 10 Hz. */
const rows = ['anna', 'ben', 'eve', 'tom'].flatMap((person, p) =>
  Array.from({ length: 96 }, (_, i) => {
    const turn = Math.floor(i / 8) % 3;
    return `${person},${p * 1_000_000 + i * 100},${['resting', 'walking', 'running'][turn]},${i + p},${turn * 7 - i}`;
  }),
);

describe('a scenario whose task names labels and channels', () => {
  let folder: string;
  let csv: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-match-'));
    csv = join(folder, 'walk.csv');
    await writeFile(csv, `person,time,activity,x,y\n${rows.join('\n')}\n`);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const x = { name: 'x', centre: 50, spread: 30 };
  const y = { name: 'y', centre: -40, spread: 35 };
  const prepared = (task: object) =>
    prepare(
      smallScenario({
        data: { csv, length: 8 },
        clients: 3,
        schedule: { kind: 'continuous', concurrency: 3 },
        task: { model: { preset: 'features', size: 'S' }, ...task },
      }),
    );
  const withChannels = (...channels: object[]) =>
    prepared({ input: { channels, rateHz: 10, length: 8, hop: 8 } });
  const sentence = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing was refused',
      ({ code, message }) => `${code}: ${message}`,
    );

  it('trains each window under its own label, in whatever order the task has the labels', async () => {
    const usual = await prepared({});
    const named = ({ task, examples }: typeof usual) => [...examples.y].map((label) => task.labels[label]);
    for (const labels of [
      ['walking', 'running', 'resting'],
      ['resting', 'running', 'walking'],
    ]) {
      const other = await prepared({ labels });
      assert.deepEqual(other.task.labels, labels);
      assert.deepEqual(named(other), named(usual));
      assert.deepEqual(other.examples.x, usual.examples.x);
    }
  });

  it('reads the labels of the data as the window node does, whatever their case', async () => {
    const { examples } = await prepared({ labels: ['Walking', 'Running', 'Resting'] });
    const { examples: same } = await prepared({ labels: ['walking', 'running', 'resting'] });
    assert.deepEqual(examples.y, same.y);
  });

  it('gives each channel its own values, in whatever order the task has the channels', async () => {
    const { examples: usual } = await withChannels(x, y);
    const { examples: swapped } = await withChannels(y, x);
    assert.deepEqual(
      swapped.x,
      usual.x.map((_, i) => usual.x[i ^ 1]!),
    );
    assert.deepEqual(swapped.y, usual.y);
  });

  it('is refused with the labels that the data or the task lacks', async () => {
    assert.equal(
      await sentence(prepared({ labels: ['walking', 'swimming', 'resting'] })),
      'scenario-invalid: task.labels: expected "resting", "running", "walking" as in the data, in any order, got "walking", "swimming", "resting": the data has no "swimming", and the task has no "running"',
    );
    assert.equal(
      await sentence(prepared({ labels: ['walking', 'resting'] })),
      'scenario-invalid: task.labels: expected "resting", "running", "walking" as in the data, in any order, got "walking", "resting": the task has no "running"',
    );
  });

  it('is refused with the channels that the data or the task lacks', async () => {
    assert.equal(
      await sentence(withChannels(x, { name: 'z' })),
      'scenario-invalid: task.input.channels: expected "x", "y" as in the data, in any order, got "x", "z": the data has no "z", and the task has no "y"',
    );
    assert.equal(
      await sentence(withChannels(x, y, { name: 'z' })),
      'scenario-invalid: task.input.channels: expected "x", "y" as in the data, in any order, got "x", "y", "z": the data has no "z"',
    );
  });

  it('is refused if its windows are not as long as those of the data', async () => {
    assert.equal(
      await sentence(prepared({ input: { channels: [x, y], rateHz: 10, length: 16, hop: 8 } })),
      'scenario-invalid: task.input: expected [8, 2] as in the data, got [16, 2]',
    );
  });
});
