import assert from 'node:assert/strict';
import { Backoff, SeededRandom } from '../../../../gateway/platform';

describe('the waits between attempts', () => {
  /** No jitter: `uniform` returns the middle of its range. */
  const middle = { ...new SeededRandom(1), uniform: () => 0.5 } as SeededRandom;

  it('double up to the longest, and start again after a success', () => {
    const backoff = new Backoff({ minMs: 100, maxMs: 350 }, middle);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => backoff.next()),
      [100, 200, 350, 350],
    );
    backoff.reset();
    assert.equal(backoff.next(), 100);
  });

  it('vary at random by up to a quarter in both directions', () => {
    const random = new SeededRandom(7);
    const waits = Array.from({ length: 500 }, () => new Backoff({ minMs: 1000 }, random).next());
    assert.ok(waits.every((ms) => ms >= 750 && ms < 1250));
    assert.ok(Math.min(...waits) < 800 && Math.max(...waits) > 1200);
  });

  it('all have the same length if the first is longer than the longest', () => {
    const backoff = new Backoff({ minMs: 500, maxMs: 100 }, middle);
    assert.deepEqual([backoff.next(), backoff.next()], [500, 500]);
  });
});
