import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SeededRandom } from '../../../gateway/platform';
import { type LabelledWindow, SampleStore, Windower } from '../../../gateway/stream';
import { writeSamples } from '../../../gateway/stream/samples/sample-file';
import { anomalyTask, forecastTask, refusal, smallTask, storeOfFile } from './tools';

/** Pushes [i, -i] for each i from 0. */
function feed(target: Windower, count: number, label?: string): LabelledWindow[] {
  return Array.from({ length: count }, (_, i) => [...target.push([i, -i], { label })]).flat();
}

describe('windows of a task without labels', () => {
  const task = forecastTask();
  const windower = (input = task.input) => new Windower({ input, labels: [], following: 3 });

  it('give a sample as soon as a window and the readings after it have come; the window does not wait for it', () => {
    const windows = feed(windower(), 10);
    const firsts = windows.map(({ window, sample }) => [window[0], sample?.[0]]);
    // Windows have 4 readings, every 2 readings; samples have 7.
    assert.deepEqual(firsts, [
      [0, undefined],
      [2, undefined],
      [4, 1],
      [6, 3],
    ]);
    assert.deepEqual([...windows[2]!.sample!], [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7]);
  });

  it('are the newest rows of the stream whatever the lengths', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (length, following, hop) => {
          const { input } = forecastTask({ length, hop });
          const target = new Windower({ input, labels: [], following });
          for (let i = 0; i < 40; i++) {
            for (const { window, sample } of target.push([i, -i])) {
              assert.deepEqual([window[0], window.at(-2), window.length], [i - length + 1, i, 2 * length]);
              assert.equal(sample !== undefined, i + 1 >= length + following);
              if (sample) assert.deepEqual([sample[0], sample.at(-2)], [i - length - following + 1, i]);
            }
          }
        },
      ),
    );
  });

  it('normalise a sample only by its window, and not by the readings after it', () => {
    const exact = [0, 1000].map((future) => {
      const { input: every } = forecastTask({ normalisation: 'window', hop: 1 });
      const target = new Windower({ input: every, labels: [], following: 3 });
      return [1, 2, 3, 4, future, future, future].flatMap((value) => [...target.push([value, 7])]).at(-1)!;
    });
    const [calm, wild] = exact.map(({ sample }) => [...sample!]);
    assert.deepEqual(calm?.slice(0, 8), wild?.slice(0, 8));
    assert.ok(wild![8]! > 100, 'the readings after it are scaled by the window, too');
  });

  it('have the scaling with which they were normalised, so that a forecast can be given in the channels’ units', () => {
    const { input } = forecastTask({ normalisation: 'window' });
    const [cut] = feed(windower(input), 4);
    const { window, scaling } = cut!;
    for (let i = 0; i < window.length; i++) {
      const raw = i % 2 === 0 ? Math.floor(i / 2) : -Math.floor(i / 2);
      assert.ok(Math.abs(window[i]! * scaling.spread[i % 2]! + scaling.centre[i % 2]! - raw) < 1e-5);
    }
  });

  it('ignore labels that come with the readings', () => {
    const windows = feed(windower(), 8, 'walking');
    assert.equal(windows.length, 3);
    assert.ok(windows.every(({ label }) => label === undefined));
  });
});

describe('a sample store without labels', () => {
  const forecast = forecastTask();
  const sample = (value: number, rows = 7) => new Float32Array(2 * rows).fill(value);
  const store = (task = forecast, capacity = 8) => {
    const made = new SampleStore({ capacity, random: new SeededRandom(7) });
    made.fit(task);
    return made;
  };

  it('keeps a bounded choice of samples of a window and the readings after it, and returns them without labels', () => {
    const target = store();
    for (let i = 0; i < 50; i++) target.add({ window: sample(i) });
    assert.equal(target.size, 8);
    assert.equal(target.limit, 8);
    assert.deepEqual(target.counts, {});
    const { count, x, y } = target.draw(5, new SeededRandom(1));
    assert.deepEqual([count, x.length, y.length], [5, 5 * 14, 0]);
    assert.equal(new Set(x).size, 5, 'each sample once');
    assert.equal(target.all().y.length, 0);
  });

  it('accepts a labelled sample like one without a label', () => {
    const target = store();
    for (const label of [0, 5, undefined]) target.add({ window: sample(1), label });
    assert.equal(target.size, 3);
  });

  it('refuses a window without the readings after it, and describes a sample', () => {
    assert.throws(
      () => store().add({ window: sample(1, 4) }),
      refusal('window-shape', '[4, 2]', '[7, 2]: a, b (a window of 4 and what followed it)'),
    );
  });

  it('keeps labelled windows of the same shape, and drops those of another', () => {
    const target = store(smallTask());
    for (let i = 0; i < 8; i++) target.add({ window: sample(i, 4), label: i % 2 });
    assert.equal(target.fit(anomalyTask()), 0);
    assert.equal(target.size, 8);
    for (let i = 0; i < 50; i++) target.add({ window: sample(i, 4) });
    assert.equal(target.size, 8);
    assert.equal(target.fit(forecast), 8, 'a window alone is not a sample of a forecast');
    target.add({ window: sample(1) });
    assert.equal(target.fit(smallTask()), 1, 'labels cannot be invented');
  });

  it('is read from its file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ftte-store-'));
    try {
      const target = store();
      for (let i = 0; i < 5; i++) target.add({ window: sample(i + 0.5) });
      const file = join(folder, 'samples.bin');
      await writeSamples(file, target.content);
      const { store: back } = await storeOfFile(file);
      assert.equal(back.fit(forecast), 0);
      assert.deepEqual(back.all(), target.all());
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
