import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SeededRandom } from '../../../gateway/platform';
import { SampleStore } from '../../../gateway/stream';
import { writeSamples } from '../../../gateway/stream/samples/sample-file';
import type { Task } from '../../../gateway/task';
import { refusal, smallTask, storeOfFile } from './tools';

const task = smallTask();

function store(capacity = 8, fitted: Task = task): SampleStore {
  const made = new SampleStore({ capacity, random: new SeededRandom(7) });
  made.fit(fitted);
  return made;
}

/** A window with the same value everywhere, so that it can be recognised. */
const window = (value: number) => new Float32Array(8).fill(value);

function fill(target: SampleStore, label: number, from: number, count: number): void {
  for (let i = 0; i < count; i++) target.add({ window: window(from + i), label });
}

describe('sample store', () => {
  it('knows no windows before it has a task', () => {
    const bare = new SampleStore({ capacity: 4, random: new SeededRandom(1) });
    assert.throws(() => bare.add({ window: window(1), label: 0 }), refusal('not-ready'));
  });

  it('refuses a sample that does not fit the task, and does not change', () => {
    const target = store();
    fill(target, 0, 1, 2);
    const cases: [string, { window: Float32Array; label?: number }, string[]][] = [
      ['window-shape', { window: new Float32Array(6), label: 0 }, ['[3, 2]', '[4, 2]: a, b']],
      ['window-shape', { window: new Float32Array(7), label: 0 }, ['7 values']],
      ['window-not-finite', { window: window(1).fill(Number.NaN, 3, 4), label: 0 }, ['channel b', 'row 1']],
      ['window-not-finite', { window: window(1).fill(-Infinity, 6, 7), label: 0 }, ['channel a', 'row 3']],
      ['not-labelled', { window: window(1) }, ['still, moving']],
      ['label-unknown', { window: window(1), label: 2 }, ['label is 2', 'still, moving']],
      ['label-unknown', { window: window(1), label: 0.5 }, ['0.5']],
    ];
    for (const [code, sample, parts] of cases) {
      assert.throws(() => target.add(sample), refusal(code, ...parts));
    }
    assert.deepEqual(target.counts, { still: 2 });
  });

  it('splits its capacity evenly over the labels seen, and makes room for a new label', () => {
    const target = store(8);
    fill(target, 0, 0, 20);
    assert.deepEqual(target.counts, { still: 8 });
    fill(target, 1, 100, 1);
    assert.deepEqual(target.counts, { still: 4, moving: 1 });
    fill(target, 1, 101, 20);
    assert.deepEqual(target.counts, { still: 4, moving: 4 });
    assert.equal(target.size, 8);
  });

  it('never has more samples than its capacity, or more of a label than its share', () => {
    const labels = ['a', 'b', 'c', 'd', 'e'];
    const five = smallTask({ labels });
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 200 }),
        (capacity, sequence) => {
          const target = store(capacity, five);
          for (const label of sequence) target.add({ window: window(label), label });
          const seen = new Set(sequence).size;
          assert.ok(target.size <= capacity);
          for (const count of Object.values(target.counts)) assert.ok(count <= Math.floor(capacity / seen));
        },
      ),
    );
  });

  it('keeps every window of a label with the same probability, early or late', () => {
    const kept = new Array(40).fill(0);
    for (let seed = 0; seed < 2000; seed++) {
      const target = new SampleStore({ capacity: 10, random: new SeededRandom(seed) });
      target.fit(task);
      fill(target, 0, 0, 40);
      for (let i = 0, { x } = target.all(); i < x.length; i += 8) kept[x[i]!]++;
    }
    // 2000 x 10/40 = 500 are expected, with a deviation of 19.4: five deviations in both directions.
    for (const count of kept) assert.ok(count > 400 && count < 600, `kept ${count} times`);
  });

  it('draws evenly over the labels, each sample once, in random order', () => {
    const target = store(40);
    fill(target, 0, 0, 20);
    fill(target, 1, 100, 6);
    const batch = target.draw(16, new SeededRandom(3));
    assert.equal(batch.count, 16);
    assert.equal(batch.x.length, 16 * 8);
    assert.equal(batch.y.filter((label) => label === 1).length, 6);
    const firsts = Array.from({ length: 16 }, (_, i) => batch.x[i * 8]!);
    assert.equal(new Set(firsts).size, 16);
    firsts.forEach((value, i) => {
      assert.equal(batch.y[i], value >= 100 ? 1 : 0);
    });
    assert.notDeepEqual([...batch.y], [...batch.y].sort());
    assert.equal(target.size, 26);
  });

  it('draws the same samples with the same random numbers', () => {
    const target = store(40);
    fill(target, 0, 0, 20);
    fill(target, 1, 100, 20);
    assert.deepEqual(target.draw(10, new SeededRandom(5)), target.draw(10, new SeededRandom(5)));
    assert.notDeepEqual(target.draw(10, new SeededRandom(5)).x, target.draw(10, new SeededRandom(6)).x);
  });

  it('draws nothing if it is empty', () => {
    assert.equal(store().draw(10, new SeededRandom(1)).count, 0);
  });

  describe('on a new task', () => {
    it('keeps samples if only the settings of training have changed', () => {
      const target = store();
      fill(target, 0, 0, 3);
      assert.equal(target.fit({ ...task, training: { ...task.training, epochs: 7 } }), 0);
      assert.equal(target.size, 3);
    });

    it('drops all samples of another input', () => {
      const inputs = [
        { length: 6 },
        { rateHz: 20 },
        { normalisation: 'window' as const },
        { channels: [{ name: 'a' }, { name: 'c' }] },
        { channels: [{ name: 'a' }, { name: 'b', spread: 2 }] },
      ];
      for (const input of inputs) {
        const target = store();
        fill(target, 0, 0, 3);
        assert.equal(target.fit(smallTask({ input })), 3);
        assert.equal(target.size, 0);
      }
    });

    it('matches labels by name and drops removed ones', () => {
      const target = store();
      fill(target, 0, 0, 3);
      fill(target, 1, 100, 2);
      assert.equal(target.fit(smallTask({ labels: ['falling', 'moving'] })), 3);
      assert.deepEqual(target.counts, { moving: 2 });
      assert.deepEqual([...target.all().y], [1, 1]);
    });
  });

  describe('with distinct windows', () => {
    const distinct = () => {
      const target = new SampleStore({ capacity: 4, random: new SeededRandom(1), distinct: true });
      target.fit(task);
      return target;
    };
    it('counts a window once that comes again, and under another label as another', () => {
      const target = distinct();
      for (let i = 0; i < 3; i++) target.add({ window: window(1), label: 0 });
      target.add({ window: window(1), label: 1 });
      target.add({ window: window(2), label: 1 });
      assert.deepEqual(Object.values(target.counts), [1, 2]);
    });

    it('takes a window again that was replaced or removed, and knows those of a file', async () => {
      const target = distinct();
      for (let value = 0; value < 100; value++) target.add({ window: window(value), label: 0 });
      const [held] = target.list();
      target.remove(new Set([held!.window]));
      target.add({ window: held!.window.slice(), label: 0 });
      assert.equal(target.size, 4);
      const other = distinct();
      other.restore(target.content);
      for (const { window: again } of target.list()) other.add({ window: again.slice(), label: 0 });
      assert.equal(other.size, 4);
    });
  });

  describe('in a file', () => {
    let folder: string;
    let file: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ftte-store-'));
      file = join(folder, 'deep', 'samples.bin');
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('is read with every sample, and continues as if it had not been written', async () => {
      const target = store();
      fill(target, 0, 0, 20);
      fill(target, 1, 100, 3);
      await writeSamples(file, target.content);
      const { store: back, damage } = await storeOfFile(file);
      assert.equal(damage, undefined);
      assert.deepEqual(back.all(), target.all());
      assert.deepEqual(back.counts, target.counts);
      assert.equal(back.fit(task), 0);
      assert.deepEqual(await readdir(join(folder, 'deep')), ['samples.bin']);
    });

    it('is empty without an error if there is no file', async () => {
      const { store, damage } = await storeOfFile(file);
      assert.deepEqual([store.size, damage], [0, undefined]);
    });

    it('keeps within a smaller capacity', async () => {
      const target = store(8);
      fill(target, 0, 0, 8);
      await writeSamples(file, target.content);
      const { store: small } = await storeOfFile(file, 3);
      assert.equal(small.size, 3);
    });

    it('reports a damaged file, whatever the damage is, and loses at most the one sample that is damaged', async () => {
      const target = store();
      fill(target, 0, 0, 4);
      await writeSamples(file, target.content);
      const good = await readFile(file);
      const damages: [string, Buffer, number][] = [
        ['cut short', good.subarray(0, good.length - 9), 3],
        ['nearly nothing', good.subarray(0, 5), 0],
        ['another file', Buffer.from('{"not":"a store"}'.repeat(20)), 0],
        ...Array.from(good, (_, at): [string, Buffer, number] => {
          const bad = Buffer.from(good);
          bad[at]! ^= 1 << (at % 8);
          return [`a bit at ${at}`, bad, 3];
        }),
      ];
      for (const [what, bytes, least] of damages) {
        await writeFile(file, bytes);
        const { store: back, damage: problem } = await storeOfFile(file);
        assert.equal(problem?.code, 'storage', what);
        assert.ok(problem?.message.includes(file), what);
        assert.ok(back.size >= least, `${what}: ${back.size}`);
        const kept = back.list().map(({ window }) => window);
        const all = target.list().map(({ window }) => window);
        for (const window of kept)
          assert.ok(
            all.some((one) => one.every((value, i) => value === window[i])),
            what,
          );
      }
    });

    it('reports it if the file cannot be written', async () => {
      await writeFile(join(folder, 'deep'), 'a file where a folder should be');
      await assert.rejects(writeSamples(file, store().content), refusal('storage', file));
    });
  });
});
