import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordingSource, Windower } from '../../../gateway/stream';
import { parseTask } from '../../../gateway/task';
import { refusal } from './tools';

/**
 * Two recordings of 6 and 4 rows by two people, with channels a (x 0.5) and b (x 2 + 1). Row r is [r, 100 + r]. There
 * are three windows of 3 rows.
 */
const stream = {
  format: 'shared-data/1',
  name: 'made',
  layout: 'stream',
  sampleRateHz: 10,
  window: { length: 3, hop: 2, channels: 2 },
  channels: [
    { name: 'a', unit: 'g', scale: 0.5, offset: 0 },
    { name: 'b', unit: 'mV', scale: 2, offset: 1 },
  ],
  labels: ['still', 'moving'],
  rowLabels: ['(none)', 'still', 'moving', 'turning'],
  subjects: ['anna', 'ben'],
  recordings: [
    { subject: 0, start: 0, length: 6 },
    { subject: 1, start: 6, length: 4 },
  ],
  files: {
    x: { file: 'x.i16', dtype: 'int16', shape: [10, 2] },
    y: { file: 'y.u8', dtype: 'uint8', shape: [3] },
    start: { file: 'start.u32', dtype: 'uint32', shape: [3] },
    label: { file: 'label.u8', dtype: 'uint8', shape: [10] },
    subject: { file: 'subject.u8', dtype: 'uint8', shape: [3] },
    split: { file: 'split.u8', dtype: 'uint8', shape: [3] },
  },
};
type Meta = Record<string, unknown>;
const arrays = {
  'x.i16': Int16Array.from({ length: 20 }, (_, i) => (i % 2 ? 100 + (i >> 1) : i >> 1)),
  'y.u8': Uint8Array.of(0, 1, 1),
  'start.u32': Uint32Array.of(0, 3, 7),
  'label.u8': Uint8Array.of(1, 1, 1, 2, 2, 3, 0, 2, 2, 2),
  'subject.u8': Uint8Array.of(0, 0, 1),
  'split.u8': Uint8Array.of(0, 0, 1),
};

describe('recording source', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-recording-'));
    for (const [name, array] of Object.entries(arrays)) await writeFile(join(folder, name), array);
    await write(stream);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (meta: unknown) => writeFile(join(folder, 'meta.json'), JSON.stringify(meta));

  it('plays row by row in units, with labels, people and times', async () => {
    const source = await RecordingSource.open(folder);
    assert.deepEqual(source.channels, ['a', 'b']);
    assert.deepEqual(source.units, ['g', 'mV']);
    assert.equal(source.rateHz, 10);
    assert.equal(source.length, 10);
    const readings = [...source.readings()];
    assert.equal(readings.length, source.length);
    assert.deepEqual(
      { ...readings[4], values: [...readings[4]!.values] },
      {
        values: [2, 209],
        label: 'moving',
        timeMs: 400,
        subject: 'anna',
      },
    );
    // The sixth and seventh rows have no label, or a label that the windows do not have.
    assert.deepEqual(
      readings.map(({ label }) => label),
      ['still', 'still', 'still', 'moving', 'moving', undefined, undefined, 'moving', 'moving', 'moving'],
    );
  });

  it('keeps recordings apart, so that no window contains rows of two', async () => {
    const source = await RecordingSource.open(folder);
    const { input, labels } = parseTask({
      name: 't',
      input: {
        channels: [{ name: 'a' }, { name: 'b' }],
        rateHz: 10,
        length: 3,
        hop: 1,
        normalisation: 'none',
      },
      labels: source.labels,
      model: { preset: 'mlp' },
    });
    const windower = new Windower({ input, labels, maxFill: 100 });
    const firsts = [...source.readings()].flatMap((reading) =>
      windower.pushReading({ ...reading, subject: undefined }).map(({ window }) => window[0]! * 2),
    );
    assert.deepEqual(firsts, [0, 1, 2, 3, 6, 7]);
  });

  it('gives the windows of the authors of the recording', async () => {
    const source = await RecordingSource.open(folder);
    assert.equal(source.windowCount, 3);
    const windows = [...source.windows()];
    assert.deepEqual([...windows[1]!.window], [1.5, 207, 2, 209, 2.5, 211]);
    assert.deepEqual(
      windows.map(({ label, labelName, subject }) => [label, labelName, subject]),
      [
        [0, 'still', 'anna'],
        [1, 'moving', 'anna'],
        [1, 'moving', 'ben'],
      ],
    );
  });

  it('plays only chosen people, a chosen split or chosen recordings', async () => {
    const byPerson = await RecordingSource.open(folder, { subjects: ['ben'] });
    const bySplit = await RecordingSource.open(folder, { split: 'test' });
    const byNumber = await RecordingSource.open(folder, { recordings: [1] });
    for (const source of [byPerson, bySplit, byNumber]) {
      assert.deepEqual(source.subjects, ['ben']);
      assert.equal(source.length, 4);
      assert.deepEqual(
        [...source.readings()].map(({ values }) => values[0]),
        [3, 3.5, 4, 4.5],
      );
      assert.deepEqual(
        [...source.windows()].map(({ window }) => window[0]),
        [3.5],
      );
    }
    const train = await RecordingSource.open(folder, { split: 'train' });
    assert.deepEqual(train.subjects, ['anna']);
    assert.equal(train.windowCount, 2);
  });

  it('takes a number for missing values that no float32 holds exactly', async () => {
    const values = Float32Array.from({ length: 20 }, (_, i) => (i === 3 ? -9999.9 : i));
    await writeFile(join(folder, 'x.f32'), values);
    const files = { ...stream.files, x: { file: 'x.f32', dtype: 'float32', shape: [10, 2] } };
    await write({ ...stream, files, missing: -9999.9 });
    const rows = [...(await RecordingSource.open(folder)).readings()].slice(0, 3);
    assert.deepEqual(
      rows.map(({ values }) => [...values]),
      [
        [0, 3],
        [1, Number.NaN],
        [2, 11],
      ],
    );
  });

  it('takes the labels of rows from the windows if the recording has none for rows', async () => {
    const { label, ...files } = stream.files;
    await write({ ...stream, files });
    const source = await RecordingSource.open(folder, { subjects: ['anna'] });
    assert.deepEqual(
      [...source.readings()].map((reading) => reading.label),
      ['still', 'still', 'still', 'moving', 'moving', 'moving'],
    );
  });

  it('plays examples of a dense set as short recordings', async () => {
    const { start, label, split, ...files } = stream.files;
    await write({
      ...stream,
      layout: 'dense',
      rowLabels: undefined,
      recordings: undefined,
      files: {
        ...files,
        x: { file: 'x.i16', dtype: 'int16', shape: [5, 2, 2] },
        y: { file: 'y5.u8', dtype: 'uint8', shape: [5] },
        subject: { file: 's5.u8', dtype: 'uint8', shape: [5] },
      },
    });
    await writeFile(join(folder, 'y5.u8'), Uint8Array.of(0, 1, 0, 1, 0));
    await writeFile(join(folder, 's5.u8'), Uint8Array.of(0, 0, 1, 1, 1));
    const source = await RecordingSource.open(folder, { subjects: ['ben'] });
    assert.equal(source.windowLength, 2);
    assert.deepEqual(
      [...source.windows()].map(({ window, label: index }) => [window[0], index]),
      [
        [2, 0],
        [3, 1],
        [4, 0],
      ],
    );
    assert.deepEqual(
      [...source.readings()].map(({ label: name }) => name),
      ['still', 'still', 'moving', 'moving', 'still', 'still'],
    );
  });

  describe('refuses', () => {
    const change = (path: string[], value: unknown): Meta => {
      const meta = structuredClone(stream) as Meta;
      let place = meta;
      for (const key of path.slice(0, -1)) place = place[key] as Meta;
      place[path.at(-1)!] = value;
      return meta;
    };
    const cases: [string, Meta, string[]][] = [
      ['another format', change(['format'], 'other'), ['meta.json', 'format']],
      ['a type it cannot read', change(['files', 'x', 'dtype'], 'float16'), ['files.x.dtype']],
      [
        'a file outside of its folder',
        change(['files', 'x', 'file'], '../x.i16'),
        ['files.x.file', 'plain file name'],
      ],
      [
        'channels that do not match',
        change(['window', 'channels'], 3),
        ['window.channels is 3', 'expected 2'],
      ],
      [
        'a shape that does not match',
        change(['files', 'x', 'shape'], [20, 1]),
        ['files.x.shape', '2 channels'],
      ],
      [
        'an array shorter than its shape',
        change(['files', 'x', 'shape'], [11, 2]),
        ['x.i16', '40 bytes', '44'],
      ],
      [
        'a window beyond the last row',
        change(['window', 'length'], 4),
        ['start.u32', 'window 2', '11 of 10'],
      ],
      ['an index without a label', change(['labels'], ['still']), ['y.u8', 'entry 1']],
      ['a stream without starts', change(['files', 'start'], undefined), ['files.start']],
      ['entries that do not match', change(['files', 'split', 'shape'], [4]), ['files.split', '4', '3']],
      [
        'a number for missing values that is a text',
        change(['missing'], '-999'),
        ['missing: expected a number or an object', 'got the text "-999"'],
      ],
      [
        'a number for missing values in an object without it',
        change(['missing'], { code: -999 }),
        ['missing.value: expected a number', 'got nothing'],
      ],
    ];
    for (const [what, meta, parts] of cases) {
      it(what, async () => {
        await write(meta);
        await assert.rejects(RecordingSource.open(folder), refusal('recording-invalid', ...parts));
      });
    }

    it('a folder without meta.json, or with one that is not JSON', async () => {
      await writeFile(join(folder, 'meta.json'), '{');
      await assert.rejects(RecordingSource.open(folder), refusal('recording-invalid', 'meta.json', 'JSON'));
      await rm(join(folder, 'meta.json'));
      await assert.rejects(
        RecordingSource.open(folder),
        refusal('recording-invalid', 'cannot read', 'meta.json'),
      );
    });

    it('a missing array, naming it', async () => {
      await rm(join(folder, 'x.i16'));
      await assert.rejects(RecordingSource.open(folder), refusal('recording-invalid', 'x.i16'));
    });

    it('unknown people, naming the known ones', async () => {
      await assert.rejects(
        RecordingSource.open(folder, { subjects: ['carl'] }),
        refusal('recording-invalid', '"carl"', 'anna, ben'),
      );
    });
  });

  const data = process.env.FTTE_DATA ?? '../shared/data';
  const withData = existsSync(join(data, 'hapt', 'meta.json')) ? it : it.skip;
  withData(
    'plays real recordings, and cuts the same windows from the stream as their authors (FTTE_DATA)',
    async () => {
      const source = await RecordingSource.open(join(data, 'hapt'), { subjects: ['1'] });
      const { input, labels } = parseTask({
        name: 'har',
        input: {
          channels: source.channels.map((name) => ({ name })),
          rateHz: 50,
          length: 128,
          hop: 1,
          normalisation: 'none',
        },
        labels: source.labels,
        model: { preset: 'cnn1d' },
      });
      const cut = new Map<string, number | undefined>();
      const windower = new Windower({ input, labels });
      const text = (window: Float32Array) => Buffer.from(window.buffer).toString('base64');
      const wanted = new Map([...source.windows()].map(({ window, label }) => [text(window), label]));
      for (const reading of source.readings()) {
        for (const { window, label } of windower.pushReading(reading)) {
          const key = text(window);
          if (wanted.has(key)) cut.set(key, label);
        }
      }
      assert.equal(wanted.size, 347);
      assert.deepEqual(cut, new Map([...cut.keys()].map((key) => [key, wanted.get(key)])));
      assert.equal(cut.size, wanted.size);
    },
  );
});
