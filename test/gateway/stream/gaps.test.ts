import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Restart } from '../../../gateway/stream';
import { feed, firsts, upTo, windower } from './windower-tools';

describe('windows of a stream with gaps', () => {
  describe('with times', () => {
    const at = (i: number) => ({ time: i * 100 });

    it('fills a small gap with the last reading and counts it', () => {
      const target = windower({ maxFill: 2 });
      const windows = feed(target, [0, 1, 4, 5], at);
      assert.deepEqual(
        windows.map(({ window }) => [...window]),
        [
          [0, -0, 1, -1, 1, -1, 1, -1],
          [1, -1, 1, -1, 4, -4, 5, -5],
        ],
      );
      assert.equal(target.counts.filled, 4);
      assert.equal(target.counts.readings, 4);
    });

    it('begins again after a longer gap, counts it and reports its length', () => {
      const restarts: Restart[] = [];
      const target = windower({ maxFill: 2, onRestart: (restart) => restarts.push(restart) });
      assert.deepEqual(firsts(feed(target, [0, 1, 2, 6, 7, 8, 9], at)), [6]);
      assert.equal(target.counts.restarts.gap, 1);
      assert.match(restarts[0]!.text, /400 ms.*100 ms/);
      assert.equal(restarts[0]!.lost, 3);
    });

    it('does not take jitter within the tolerance for a gap', () => {
      const target = windower({ maxFill: 0 });
      const times = [0, 140, 210, 330];
      const windows = times.flatMap((time, i) => [...target.push([i, 0], { time })]);
      assert.deepEqual(firsts(windows), [0]);
    });

    it('continues after a reading that is out of order, or comes twice', () => {
      const late = windower();
      feed(late, [0, 1, 2], at);
      late.push([9, 9], { time: 150 });
      assert.deepEqual(firsts(feed(late, [3], at)), [0]);
      assert.equal(late.counts.refused.late, 1);
      const twice = windower();
      feed(twice, [0, 1, 2, 2, 1], at);
      assert.deepEqual(firsts(feed(twice, [3], at)), [0]);
      assert.equal(twice.counts.refused.duplicate, 2);
    });

    it('reads a Date as it reads milliseconds', () => {
      const target = windower();
      const windows = feed(target, upTo(4), (i) => ({ time: new Date(i * 100) }));
      assert.equal(windows[0]?.endMs, 300);
    });
  });

  describe('with missing values', () => {
    it('holds the last value of a channel for up to maxFill readings, then begins again', () => {
      const target = windower({ maxFill: 1 });
      const rows = [
        [1, 1],
        [2, Number.NaN],
        [3, 3],
        [null, 4],
      ];
      const windows = rows.flatMap((row) => [...target.push(row)]);
      assert.deepEqual([...windows[0]!.window], [1, 1, 2, 1, 3, 3, 3, 4]);
      assert.deepEqual([...target.push([undefined, 5])], []);
      assert.equal(target.counts.restarts.missing, 1);
      assert.equal(target.counts.filled, 2);
    });

    it('ignores rows with missing values before a window begins', () => {
      const target = windower();
      target.push([Number.NaN, 1]);
      assert.deepEqual(firsts(feed(target, upTo(4, 5))), [5]);
      assert.equal(target.counts.restarts.missing, 0);
    });

    it('never puts a value that is not finite into a window', () => {
      const value = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constant(Number.NaN));
      fc.assert(
        fc.property(
          fc.array(fc.tuple(value, value), { maxLength: 60 }),
          fc.integer({ min: 0, max: 3 }),
          (rows, maxFill) => {
            const target = windower({ maxFill });
            for (const row of rows) {
              for (const { window } of target.push(row)) assert.ok(window.every(Number.isFinite));
            }
          },
        ),
      );
    });
  });
});
