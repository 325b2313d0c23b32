import { deepEqual, equal } from 'node:assert/strict';
import { createYield } from '../../../../gateway/platform/concurrency/resumable';

describe('yielding to the event loop', () => {
  it('makes a turn, and no other within a millisecond of it', async () => {
    let now = 0;
    let turns = 0;
    const turn = createYield(() => now);
    const counting = async () => {
      const before = turns;
      setImmediate(() => turns++);
      await turn();
      const made = turns - before;
      await new Promise((resolve) => setImmediate(resolve));
      return made;
    };
    deepEqual([await counting(), await counting()], [1, 0]);
    now += 0.9;
    equal(await counting(), 0);
    now += 0.1;
    deepEqual([await counting(), await counting()], [1, 0]);
  });
});
