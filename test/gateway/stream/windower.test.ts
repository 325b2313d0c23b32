import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FtteError } from '../../../gateway/platform';
import type { ReadingContext, Restart } from '../../../gateway/stream';
import { refusal, smallTask } from './tools';
import { feed, firsts, upTo, windower } from './windower-tools';

describe('windower', () => {
  it('cuts a window of the last readings at each hop, with rows in order and channels last', () => {
    const windows = feed(windower(), upTo(8));
    assert.deepEqual(
      windows.map(({ window }) => [...window]),
      [
        [0, -0, 1, -1, 2, -2, 3, -3],
        [2, -2, 3, -3, 4, -4, 5, -5],
        [4, -4, 5, -5, 6, -6, 7, -7],
      ],
    );
  });

  it('leaves out readings between windows if the hop is longer than the window', () => {
    const { input } = smallTask({ input: { hop: 6 } });
    assert.deepEqual(firsts(feed(windower({ input }), upTo(20))), [0, 6, 12]);
  });

  it('gives each window its own array', () => {
    const [first, second] = feed(windower(), upTo(6));
    first!.window.fill(9);
    assert.equal(second!.window[0], 2);
  });

  it('cuts windows of any length and hop like a plain slice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 60 }),
        (length, hop, count) => {
          const { input } = smallTask({ input: { length, hop } });
          const windows = feed(windower({ input }), upTo(count));
          const wanted: number[] = [];
          for (let start = 0; start + length <= count; start += hop) wanted.push(start);
          assert.deepEqual(firsts(windows), wanted);
          for (const { window } of windows) {
            for (let row = 0; row < length; row++) assert.equal(window[row * 2], window[0]! + row);
          }
        },
      ),
    );
  });

  describe('accepts readings as', () => {
    it('an object by channel name, in any order and with other fields', () => {
      const target = windower();
      const windows = upTo(4).flatMap((i) => [...target.push({ b: -i, battery: 90, a: i })]);
      assert.deepEqual([...windows[0]!.window], [0, -0, 1, -1, 2, -2, 3, -3]);
    });

    it('an object with its own time and label', () => {
      const target = windower();
      const windows = upTo(4).flatMap((i) => [
        ...target.push({ a: i, b: 0, label: 'moving', time: '2026-01-01T00:00:00.' + i + '00Z' }),
      ]);
      assert.equal(windows[0]?.labelName, 'moving');
      assert.equal(windows[0]?.endMs, Date.parse('2026-01-01T00:00:00.300Z'));
    });

    it('typed arrays', () => {
      const target = windower();
      const windows = upTo(4).flatMap((i) => [...target.push(Float32Array.of(i, 0))]);
      assert.deepEqual(firsts(windows), [0]);
    });

    it('numbers by topic, or by its last part; a row is complete when every channel has come', () => {
      const target = windower();
      const windows = upTo(4).flatMap((i) => [
        ...target.push(-i, { topic: 'clinic/3/b' }),
        ...target.push(i, { topic: 'a' }),
      ]);
      assert.deepEqual([...windows[0]!.window], [0, -0, 1, -1, 2, -2, 3, -3]);
    });

    it('numbers by topic with one missing, whose last value is held and counted', () => {
      const target = windower();
      const topics = ['a', 'b', 'a', 'a', 'b', 'a', 'b'];
      const windows = topics.flatMap((topic, i) => [...target.push(i, { topic })]);
      assert.deepEqual([...windows[0]!.window], [0, 1, 2, 1, 3, 4, 5, 6]);
      assert.equal(target.counts.filled, 1);
    });

    it('a single number if there is one channel', () => {
      const { input } = smallTask({ input: { channels: [{ name: 'ecg' }] } });
      const target = windower({ input });
      assert.deepEqual(
        upTo(4)
          .flatMap((i) => [...target.push(i)])
          .map(({ window }) => [...window]),
        [[0, 1, 2, 3]],
      );
    });

    it('an array of readings, one period apart from the time that came with it', () => {
      const target = windower({ maxFill: 0 });
      const batch = upTo(3).map((i) => [i, 0]);
      target.push(batch, { time: 1000, label: 'still' });
      const windows = target.push(batch, { time: 1300, label: 'still' });
      assert.deepEqual(firsts(windows), [0, 2]);
      assert.equal(windows[1]?.endMs, 1500);
      assert.equal(windows[0]?.label, 0);
    });
  });

  describe('refuses', () => {
    const cases: [string, unknown, ReadingContext, string[]][] = [
      [
        'a text that is not a number',
        { a: '1.5 mV', b: 2 },
        {},
        ['channel a', 'a number with a unit or other letters behind it', 'expected a number'],
      ],
      ['an infinite value', [1, Infinity], {}, ['channel b', 'Infinity']],
      ['too few values', [1], {}, ['1 values', 'expected 2', 'a, b']],
      ['an object without any channel', { x: 1 }, {}, ['has x', 'a, b']],
      ['a number without a topic', 4, {}, ['topic ""', 'a, b']],
      ['a number of another topic', 4, { topic: 'clinic/battery' }, ['clinic/battery', 'a, b']],
      ['raw bytes', Buffer.from([1, 2]), {}, ['raw bytes']],
      ['text', 'hello', {}, ['"hello"', 'a, b']],
      ['nothing', undefined, {}, ['is nothing']],
      ['a text that is not a time', [1, 2], { time: 'yesterday' }, ['time', '"yesterday"']],
    ];
    for (const [what, payload, context, parts] of cases) {
      it(what, () => {
        assert.throws(() => windower().push(payload, context), refusal('reading-invalid', ...parts));
      });
    }

    it('without any measured value, because errors end up in logs', () => {
      const measured = [36.71, '36.71', '36.71 C', 'a=36.71;b=2', { a: '36.71 C', b: 2 }, [1, 'b 36.71']];
      for (const payload of measured) {
        assert.throws(
          () => windower().push(payload, {}),
          (error) =>
            error instanceof FtteError && !/36|71/.test(error.message + JSON.stringify(error.details)),
          `${payload}`,
        );
      }
    });

    it('a label that the task does not know, naming those that it knows', () => {
      for (const label of ['flying', 2, -1, 0.5]) {
        assert.throws(() => windower().push([1, 2], { label }), refusal('label-unknown', 'still, moving'));
      }
    });

    it('a bad reading, whose place is filled like that of a lost one', () => {
      const target = windower();
      feed(target, upTo(3));
      assert.throws(() => target.push([1, 'x']));
      assert.deepEqual(
        feed(target, upTo(2, 10)).map(({ window }) => [...window]),
        [
          [0, -0, 1, -1, 2, -2, 2, -2],
          [2, -2, 2, -2, 10, -10, 11, -11],
        ],
      );
      assert.deepEqual([target.counts.refused.invalid, target.counts.filledRows], [1, 1]);
    });

    it('more bad readings than are filled, and begins the window again because of the gap', () => {
      const restarts: Restart[] = [];
      const target = windower({ maxFill: 0, onRestart: (restart) => restarts.push(restart) });
      feed(target, upTo(3));
      assert.throws(() => target.push([1, 'x']));
      assert.deepEqual(firsts(feed(target, upTo(4, 10))), [10]);
      assert.deepEqual(
        restarts.map(({ reason, lost }) => ({ reason, lost })),
        [{ reason: 'invalid', lost: 3 }],
      );
    });

    it('one bad reading of an array, naming it, and accepts the others', () => {
      const refused: Error[] = [];
      const target = windower({ onRefused: (error) => refused.push(error) });
      feed(target, upTo(3));
      const batch = [...upTo(6, 3).map((i) => [i, 0]), [9, 'x'], [10, 0]];
      assert.deepEqual(firsts(target.push(batch)), [0, 2, 4, 6]);
      assert.match(refused[0]!.message, /reading 6 of the array: channel b/);
      const { received, readings, refused: counts, filledRows } = target.counts;
      assert.deepEqual([received, readings, counts.invalid, filledRows], [11, 10, 1, 1]);
    });

    it('an array of bad readings as a whole, with the error of the first', () => {
      const target = windower();
      assert.throws(() => target.push([[1, 'x'], 7]), refusal('reading-invalid', 'reading 0 of the array'));
      assert.throws(() => target.push([{ a: 1, b: 2, label: 'up' }]), refusal('label-unknown', 'reading 0'));
    });

    it('a number of another topic without losing the window', () => {
      const target = windower();
      feed(target, upTo(3));
      assert.throws(() => target.push(4, { topic: 'battery' }));
      assert.deepEqual(firsts(feed(target, [3])), [0]);
    });

    it('settings outside their range', () => {
      assert.throws(() => windower({ maxFill: -1 }), refusal('config-invalid', 'maxFill'));
      assert.throws(() => windower({ labelShare: 0.2 }), refusal('config-invalid', 'labelShare'));
    });
  });

  describe('labels a window', () => {
    it('by name or index if all of its readings agree, and not otherwise', () => {
      const labels = ['still', 'still', 0, 'still', 1, 'moving', 'moving', 'moving'];
      const windows = feed(windower(), upTo(8), (i) => ({ label: labels[i] }));
      assert.deepEqual(
        windows.map(({ label, labelName }) => [label, labelName]),
        [
          [0, 'still'],
          [undefined, undefined],
          [1, 'moving'],
        ],
      );
    });

    it('by majority if a share is enough', () => {
      const labels = ['still', 'moving', 'moving', 'moving', undefined, undefined];
      const windows = feed(windower({ labelShare: 0.75 }), upTo(6), (i) => ({ label: labels[i] }));
      assert.deepEqual(
        windows.map(({ label }) => label),
        [1, undefined],
      );
    });
  });

  it('cuts the stream of each person separately', () => {
    const target = windower();
    const windows = feed(target, upTo(8), (i) => ({ subject: i < 3 ? 'anna' : 'ben' }));
    assert.deepEqual(firsts(windows), [3]);
    assert.equal(windows[0]?.subject, 'ben');
  });

  it('forgets the unfinished window when it is reset', () => {
    const target = windower();
    feed(target, upTo(3));
    target.reset();
    assert.deepEqual(firsts(feed(target, upTo(4, 7))), [7]);
  });

  describe('normalises', () => {
    const channels = [
      { name: 'a', centre: 10, spread: 2 },
      { name: 'b', centre: 0, spread: 1 },
    ];

    it('by the fixed centre and spread of each channel', () => {
      const { input } = smallTask({ input: { channels, normalisation: 'channel' } });
      const [cut] = feed(windower({ input }), [10, 12, 14, 16]);
      assert.deepEqual([...cut!.window], [0, -10, 1, -12, 2, -14, 3, -16]);
    });

    it('each window to mean 0 and deviation 1 per channel, and a constant channel to 0', () => {
      const { input } = smallTask({ input: { normalisation: 'window' } });
      const target = windower({ input });
      const [cut] = upTo(4).flatMap((i) => [...target.push([100 + i, 7])]);
      const a = [...cut!.window].filter((_, i) => i % 2 === 0);
      const b = [...cut!.window].filter((_, i) => i % 2 === 1);
      assert.ok(Math.abs(a.reduce((sum, value) => sum + value, 0)) < 1e-6);
      assert.ok(Math.abs(a.reduce((sum, value) => sum + value * value, 0) / 4 - 1) < 1e-6);
      assert.deepEqual(b, [0, 0, 0, 0]);
    });
  });
});
