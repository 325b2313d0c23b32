import assert from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import { DuplicateIdDetector } from '../../../nodes/ftte-federation/duplicate-id-detector';

describe('connections that end soon', () => {
  /** Whether each of these connections, by how long it lasted, is one too many. */
  function judged(...seconds: number[]): boolean[] {
    const clock = new VirtualClock();
    const connections = new DuplicateIdDetector(clock);
    return seconds.map((lasted) => {
      connections.made();
      clock.advance(1000 * lasted);
      return connections.ended();
    });
  }

  it('are suspicious from the third in a row on, and reported once', () => {
    assert.deepEqual(judged(1, 2, 4, 8, 1), [false, false, true, false, false]);
  });

  it('are none where one lasted in between', () => {
    assert.deepEqual(judged(1, 2, 60, 1, 2), [false, false, false, false, false]);
    assert.deepEqual(judged(1, 2, 60, 1, 2, 3).at(-1), true);
  });

  it('are not those that were never made', () => {
    const connections = new DuplicateIdDetector(new VirtualClock());
    assert.deepEqual(
      [1, 2, 3, 4].map(() => connections.ended()),
      [false, false, false, false],
    );
  });
});
