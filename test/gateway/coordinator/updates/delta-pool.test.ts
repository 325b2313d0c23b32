import { equal, notEqual } from 'node:assert/strict';
import { DeltaPool } from '../../../../gateway/coordinator/updates/delta-pool';

describe('the pool of deltas', () => {
  it('gives out an array that came back, once, to whom it fits', () => {
    const pool = new DeltaPool();
    const [short, long] = [pool.take(3), pool.take(5)];
    pool.give(short);
    pool.give(long);
    equal(pool.take(5), long);
    equal(pool.take(3), short);
    notEqual(pool.take(3), short);
    equal(pool.take(4).length, 4);
  });

  it('keeps no more memory than its limit', () => {
    const pool = new DeltaPool(40);
    const [a, b] = [pool.take(5), pool.take(6)];
    pool.give(a);
    pool.give(b);
    notEqual(pool.take(6), b, 'beyond 40 bytes');
    equal(pool.take(5), a);
    pool.give(b);
    equal(pool.take(6), b, 'there is room again');
  });
});
