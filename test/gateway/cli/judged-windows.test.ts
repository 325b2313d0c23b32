import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeParameters } from '../../../gateway/interchange';
import { parseTask, type TaskInput } from '../../../gateway/task';
import { ftte } from './ftte';

/** Says "up" where the sum of two readings is above 0, once they are scaled. */
const task: TaskInput = {
  name: 'direction',
  input: { channels: [{ name: 'x' }], rateHz: 1, length: 2, hop: 2, normalisation: 'person' },
  labels: ['down', 'up'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
};
const people = ['anna', 'ben'];
/** Windows of each person. */
const windows = 40;
/** Ben's sensor hangs 10 units higher than Anna's: without a scale of his own, all of his windows are "up". */
const readingOf = (person: number, window: number) => 10 * person + (window % 2 ? 3 : -3);

const count = people.length * windows;
const each = Array.from({ length: count }, (_, i) => ({
  person: Math.floor(i / windows),
  window: i % windows,
}));
const arrays = {
  'x.i16': Int16Array.from(
    each.flatMap(({ person, window }) => [readingOf(person, window), readingOf(person, window)]),
  ),
  'y.u8': Uint8Array.from(each, ({ window }) => window % 2),
  'start.u32': Uint32Array.from(each, (_, i) => 2 * i),
  'subject.u8': Uint8Array.from(each, ({ person }) => person),
  'split.u8': Uint8Array.from(each, ({ person }) => person),
};
const meta = {
  format: 'shared-data/1',
  name: 'made',
  layout: 'stream',
  sampleRateHz: 1,
  window: { length: 2, hop: 2, channels: 1 },
  channels: [{ name: 'x', unit: 'g', scale: 1, offset: 0 }],
  labels: ['down', 'up'],
  subjects: people,
  recordings: people.map((_, subject) => ({ subject, start: 2 * windows * subject, length: 2 * windows })),
  files: {
    x: { file: 'x.i16', dtype: 'int16', shape: [2 * count, 1] },
    y: { file: 'y.u8', dtype: 'uint8', shape: [count] },
    start: { file: 'start.u32', dtype: 'uint32', shape: [count] },
    subject: { file: 'subject.u8', dtype: 'uint8', shape: [count] },
    split: { file: 'split.u8', dtype: 'uint8', shape: [count] },
  },
};
const csv = [
  'time,x,label,person',
  ...each.flatMap(({ person, window }, i) =>
    [0, 1].map(
      (row) => `${2 * i + row},${readingOf(person, window)},${window % 2 ? 'up' : 'down'},${people[person]}`,
    ),
  ),
].join('\n');

describe('ftte evaluate on windows that the authors of a recording cut', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const writeMeta = (content: object) => writeFile(at('recording/meta.json'), JSON.stringify(content));
  const evaluate = (data: string, ...more: string[]) =>
    ftte(['evaluate', at('model.parameters'), at(data), '-t', at('task.json'), '--json', ...more]);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    await mkdir(at('recording'));
    for (const [name, array] of Object.entries(arrays)) await writeFile(at(`recording/${name}`), array);
    await writeFile(at('data.csv'), csv);
    await writeFile(at('task.json'), JSON.stringify(task));
    await writeFile(
      at('model.parameters'),
      encodeParameters(parseTask(task), Float32Array.of(-1, 1, -1, 1, 0, 0)),
    );
  });
  beforeEach(() => writeMeta(meta));
  after(() => rm(folder, { recursive: true }));

  it('scales each person as the windows of a stream are scaled', async () => {
    const [cutByAuthors, cutHere] = await Promise.all([
      evaluate('recording', '--split', 'all'),
      evaluate('data.csv', '--times', 's'),
    ]);
    assert.deepEqual([cutByAuthors.err, cutHere.err], ['', '']);
    const { quality, people: byPerson } = JSON.parse(cutByAuthors.out);
    assert.deepEqual(quality, JSON.parse(cutHere.out).quality);
    assert.deepEqual(byPerson, JSON.parse(cutHere.out).people);
    assert.ok(byPerson.ben.balancedAccuracy > 0.75, JSON.stringify(byPerson));
  });

  it('takes the test part of a recording that has one', async () => {
    const { out } = await evaluate('recording');
    assert.deepEqual(Object.keys(JSON.parse(out).people), ['ben']);
  });

  it('takes all of a recording that has no parts', async () => {
    const { split: _, ...files } = meta.files;
    await writeMeta({ ...meta, files });
    const { out } = await evaluate('recording');
    assert.deepEqual(Object.keys(JSON.parse(out).people), people);
  });

  it('names what is wrong with the test part in place of taking all', async () => {
    await writeMeta({ ...meta, files: { ...meta.files, split: { ...meta.files.split, file: 'gone.u8' } } });
    const { code, err } = await evaluate('recording');
    assert.equal(code, 2);
    assert.match(err, /gone\.u8/);
  });
});
