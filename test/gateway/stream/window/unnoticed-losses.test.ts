import assert from 'node:assert/strict';
import { SeededRandom } from '../../../../gateway/platform';
import { UnnoticedLosses } from '../../../../gateway/stream/line/unnoticed-losses';
import { oneChannel } from '../windower-tools';

const periodMs = 20;
/** Rows found lost, and the delays at which they were, for delays in periods. */
function losses(delayOf: (i: number) => number, count = 400): [row: number, lost: number][] {
  const target = new UnnoticedLosses();
  const found: [number, number][] = [];
  let taken = 0;
  for (let i = 0; i < count; i++) {
    target.add((delayOf(i) - taken) * periodMs);
    const lost = target.take(periodMs);
    taken += lost;
    if (lost > 0) found.push([i, lost]);
  }
  return found;
}

describe('losses that no row shows', () => {
  for (const jitter of [0, 0.1, 0.2, 0.3])
    it(`are found after some rows at a jitter of ${jitter} periods, each once and with its number`, () => {
      const random = new SeededRandom(7);
      const noise = () => (random.uniform() * 2 - 1) * jitter;
      assert.deepEqual(
        losses(() => noise()),
        [],
      );
      const one = losses((i) => noise() + (i < 100 ? 0 : 1));
      assert.deepEqual(
        one.map(([, lost]) => lost),
        [1],
      );
      assert.ok(one[0]![0] >= 100 && one[0]![0] < 112, `${one[0]}`);
      const three = losses((i) => noise() + (i < 100 ? 0 : 3));
      assert.equal(
        three.reduce((sum, [, lost]) => sum + lost, 0),
        3,
      );
    });

  for (const slower of [0.01, 0.03, 0.06, 0.1, 0.2, 0.5])
    it(`are none if the sensor is slower than its task by ${100 * slower} %`, () => {
      assert.deepEqual(
        losses((i) => i * slower),
        [],
      );
    });

  it('are none if single rows stall, or a few in a row', () => {
    assert.deepEqual(
      losses((i) => (i % 10 === 0 ? 15 : 0)),
      [],
    );
    assert.deepEqual(
      losses((i) => (i % 60 < 3 ? 4 : 0)),
      [],
    );
  });

  it('are filled, so that a stream keeps step with the clock, at any losses of up to a tenth', () => {
    const random = new SeededRandom(2026);
    for (let life = 0; life < 40; life++) {
      const target = oneChannel({ rateHz: 50, length: 20 });
      const jitter = 0.3 * random.uniform();
      let came = 0;
      for (let i = 0; i < 1500; i++) {
        const time = (i + (random.uniform() * 2 - 1) * jitter) * periodMs;
        if (random.uniform() < 0.1) continue;
        came++;
        target.push(i, { time });
      }
      const { filledRows, lost, restarts } = target.counts;
      const ended = Object.values(restarts).reduce((sum, count) => sum + count, 0);
      // A window that ends with its reason leaves out the rows of its gap.
      const missing = 1500 - came - filledRows;
      assert.ok(
        missing <= 12 * (ended + 1),
        `${missing} of ${1500 - came} not filled, ${lost} lost, ${ended} ends`,
      );
      assert.ok(missing >= -4, `${-missing} rows too many`);
    }
  });
});
