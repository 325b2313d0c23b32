import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../../../gateway/platform';
import { loadData, prepare } from '../../../../gateway/simulation';
import { channelMoments, type DataSet } from '../../../../gateway/simulation/data/data-set';
import { splitData } from '../../../../gateway/simulation/data/split';
import { beatInputs } from '../../../../gateway/stream';
import { smallScenario, syntheticData } from '../support';

/** Writes a folder in the shared format, with subjects if all examples have one. */
async function write(
  folder: string,
  examples: { x: number[]; y: number; subject?: number; split: number }[],
  meta: object,
  shape: number[],
): Promise<void> {
  const array = async (name: string, values: number[], dims: number[]) => {
    await writeFile(join(folder, `${name}.u8`), Uint8Array.from(values));
    return { file: `${name}.u8`, dtype: 'uint8', shape: dims };
  };
  const one = [examples.length];
  const named = examples.every(({ subject }) => subject !== undefined);
  const files = {
    x: await array(
      'x',
      examples.flatMap(({ x }) => x),
      [examples.length, ...shape],
    ),
    y: await array(
      'y',
      examples.map(({ y }) => y),
      one,
    ),
    split: await array(
      'split',
      examples.map(({ split }) => split),
      one,
    ),
    ...(named && {
      subject: await array(
        'subject',
        examples.map(({ subject = 0 }) => subject),
        one,
      ),
    }),
  };
  const general = { format: 'shared-data/1', name: 'test', byteOrder: 'little', layout: 'dense', files };
  await writeFile(join(folder, 'meta.json'), JSON.stringify({ ...general, ...meta }));
}

describe('the data of a scenario', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-data-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const people = { labels: ['a', 'b', 'rare'], subjects: ['ann', 'bob', 'eve'] };
  const channels = [{ name: 'v', unit: 'mV', scale: 1, offset: 0 }];
  const meta = { ...people, channels, window: { length: 2, channels: 1 } };
  /** Eight windows per person: five of `a`, two of `b`, one of `rare`. Ann and Bob are training people, Eve a test person. */
  const recorded = () =>
    write(
      folder,
      [0, 1, 2].flatMap((subject) =>
        [0, 0, 0, 0, 0, 1, 1, 2].map((y, i) => ({
          x: [10 * subject + i, 0],
          y,
          subject,
          split: subject === 2 ? 1 : 0,
        })),
      ),
      meta,
      [2, 1],
    );
  const firstOf = (windows: readonly Float32Array[]) => windows.map(([value]) => value);

  for (const [values, centre, spread] of [
    [[0.8124337966530171 - 0.40792689494365214, 0.8124337966530171 + 0.40792689494365214], 0.8124, 0.4079],
    [[101_325.456 - 12.3456, 101_325.456 + 12.3456], 101_325.46, 12.35],
    [[5, 5], 5, 1],
  ] as const)
    it(`measures the channel ${centre} +- ${spread} to a thousandth of its spread`, () => {
      const windows = [Float32Array.from(values)];
      const one = { name: 'v', unit: 'mV' };
      const data: DataSet = {
        name: 'x',
        labels: ['a'],
        input: { channels: [one], rateHz: 1, length: 2, hop: 1 },
        windows,
        y: new Uint16Array(1),
        person: undefined,
        split: new Uint8Array(1),
      };
      assert.deepEqual(channelMoments(data, [0]), [{ centre, spread }]);
    });

  it('is matched by name with a task that has the labels of a recording in another order', async () => {
    await recorded();
    const prepared = (task: object) =>
      prepare(
        smallScenario({
          data: { folder },
          clients: 2,
          schedule: { kind: 'continuous', concurrency: 2 },
          task: { model: { preset: 'mlp', size: 'S' }, ...task },
        }),
      );
    const usual = await prepared({});
    const other = await prepared({ labels: ['rare', 'b', 'a'] });
    assert.deepEqual([...usual.examples.y.slice(0, 8)], [0, 0, 0, 0, 0, 1, 1, 2]);
    assert.deepEqual([...other.examples.y.slice(0, 8)], [2, 2, 2, 2, 2, 1, 1, 0]);
    assert.deepEqual(other.examples.x, usual.examples.x);
  });

  it('may be pictures, read row by row', async () => {
    const pictures = [0, 1, 2, 3].map((i) => ({
      x: Array.from({ length: 12 }, (_, at) => 20 * i + at),
      y: i % 2,
      split: i === 3 ? 1 : 0,
    }));
    const rgb = ['r', 'g', 'b'].map((name) => ({ name, scale: 0.5, offset: 1 }));
    await write(
      folder,
      pictures,
      { labels: ['cat', 'dog'], channels: rgb, window: { height: 2, width: 2, channels: 3 } },
      [2, 2, 3],
    );
    const data = await loadData({ folder });
    assert.deepEqual([data.input.length, data.input.channels.length], [4, 3]);
    assert.equal(data.person, undefined);
    assert.deepEqual([...data.split], [0, 0, 0, 1]);
    assert.deepEqual(
      [...(data.windows[1] ?? [])],
      Array.from({ length: 12 }, (_, at) => (20 + at) * 0.5 + 1),
    );
    const layers = [
      { type: 'reshape', shape: [2, 2, 3] },
      { type: 'conv2d', filters: 2, kernel: 2 },
      { type: 'flatten' },
      { type: 'dense', units: 2 },
    ];
    const scenario = smallScenario({
      data: { folder },
      partition: { kind: 'dirichlet', alpha: 1 },
      clients: 1,
      schedule: { kind: 'continuous', concurrency: 1 },
      task: { model: { layers } },
    });
    assert.equal((await prepare(scenario)).model.outputs, 2);
  });

  it('leaves out labels, and numbers the others again from 0', async () => {
    await recorded();
    const data = await loadData({ folder, without: ['a'] });
    assert.deepEqual(data.labels, ['b', 'rare']);
    assert.deepEqual([...data.y], [0, 0, 1, 0, 0, 1, 0, 0, 1]);
    await assert.rejects(
      async () => loadData({ folder, without: ['c'] }),
      /data\.without: expected some of a,b,rare, got c/,
    );
    await assert.rejects(
      async () => loadData({ folder, without: ['a', 'b'] }),
      /at least two labels that stay/,
    );
  });

  it('takes at most the given number of windows of each label and person, evenly over the recording', async () => {
    await recorded();
    const data = await loadData({ folder, mostOfEachLabel: 2 });
    assert.deepEqual(firstOf(data.windows), [0, 2, 5, 6, 7, 10, 12, 15, 16, 17, 20, 22, 25, 26, 27]);
  });

  it('fills missing values within their window, and says where they were if it is asked to', async () => {
    const examples = [
      { x: [1, 255, 255, 5], y: 0, subject: 0, split: 0 },
      { x: [255, 3, 3, 3], y: 1, subject: 1, split: 0 },
      { x: [7, 8, 9, 10], y: 0, subject: 2, split: 1 },
    ];
    await write(folder, examples, { ...meta, missing: 255, window: { length: 4, channels: 1 } }, [4, 1]);
    const filled = await loadData({ folder });
    // Before the first value of a window the mean of the channel in the training part.
    assert.deepEqual(
      filled.windows.map((window) => [...window]),
      [
        [1, 1, 1, 5],
        [3, 3, 3, 3],
        [7, 8, 9, 10],
      ],
    );
    const data = await loadData({ folder, presence: true });
    assert.deepEqual(
      data.input.channels.map(({ name, presence }) => [name, presence?.as]),
      [
        ['v', undefined],
        ['v known', 'known'],
        ['v since', 'since'],
      ],
    );
    assert.deepEqual([...data.windows[0]!], [1, 1, 0, 1, 0, 1, 1, 0, 2, 5, 1, 0]);
    const scenario = smallScenario({
      data: { folder, presence: true },
      clients: 2,
      schedule: { kind: 'continuous', concurrency: 1 },
      task: { model: { preset: 'mlp' } },
    });
    const { task, examples: prepared } = await prepare(scenario);
    assert.equal(task.input.channels.length, 3);
    assert.ok(prepared.x.every(Number.isFinite));
  });

  it('has the measures of beats as side inputs, if the recording has their intervals', async () => {
    await recorded();
    await assert.rejects(
      async () => loadData({ folder, intervals: true }),
      /data\.intervals: expected a recording with files\.rr in its meta\.json, or false, got true/,
    );
    const path = join(folder, 'meta.json');
    const saved = JSON.parse(await readFile(path, 'utf8'));
    const rr = { file: 'rr.u16', dtype: 'uint16', shape: [24, 2] };
    await writeFile(path, JSON.stringify({ ...saved, files: { ...saved.files, rr } }));
    const milliseconds = Uint16Array.from({ length: 48 }, (_, i) => (i % 2 === 0 ? 800 : 400));
    await writeFile(join(folder, 'rr.u16'), milliseconds);
    const data = await loadData({ folder, intervals: true });
    const side = data.input.channels.slice(1);
    assert.deepEqual(
      side.map((channel) => [channel.name, channel.side]),
      beatInputs.map(({ name }) => [name, true]),
    );
    const window = Array.from(data.windows[3]!, (value) => Number(value.toFixed(5)) + 0);
    const half = Number(Math.log(0.5).toFixed(5));
    const intervals = [0.8, 0.4, 0, half, 0, half];
    assert.deepEqual([window[0], ...window.slice(1, 7)], [3, ...intervals]);
    assert.deepEqual([window[12], ...window.slice(13, 19)], [0, ...intervals]);
    await writeFile(
      path,
      JSON.stringify({ ...saved, files: { ...saved.files, rr: { ...rr, shape: [24] } } }),
    );
    await assert.rejects(async () => loadData({ folder }), /files\.rr\.shape is \[24\], expected \[24, 2\]/);
  });

  it('trains on the people that it names, and all test people judge it', async () => {
    await recorded();
    const data = await loadData({ folder, trainOn: ['bob'], without: ['rare'] });
    const split = splitData(data, { people: 0 }, new SeededRandom(1));
    assert.deepEqual(
      firstOf(split.training.map((i) => data.windows[i] ?? new Float32Array())),
      [10, 11, 12, 13, 14, 15, 16],
    );
    assert.equal(split.test.length, 7);
    await assert.rejects(async () => loadData({ folder, trainOn: ['zoe'] }), /no person "zoe"/);
  });

  it('says why nobody is left to train on', () => {
    const data = syntheticData([4, 4], 2, 1);
    const both = { ...data, split: Uint8Array.of(0, 0, 0, 1, 0, 0, 1, 1) };
    assert.throws(
      () => splitData(both, { people: 0 }, new SeededRandom(1)),
      /data: expected somebody in .* who is not in its test part, got none, as all 2 people .* judge, too/,
    );
    const none = { ...data, split: new Uint8Array(8).fill(1) };
    assert.throws(() => splitData(none, { people: 0 }, new SeededRandom(1)), /windows to train on/);
  });

  it('does not train on people that judge, even if a recording has them in both parts', () => {
    const data = syntheticData([4, 4, 4], 2, 1);
    const both = { ...data, split: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1) };
    const { training, test } = splitData(both, { people: 0 }, new SeededRandom(1));
    assert.deepEqual(
      [training, test],
      [
        [4, 5, 6, 7],
        [3, 8, 9, 10, 11],
      ],
    );
  });
});
