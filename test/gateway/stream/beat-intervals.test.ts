import assert from 'node:assert/strict';
import { BeatIntervals } from '../../../gateway/stream';

describe('Intervals between beats', () => {
  it('come in seconds, with their ratios to the mean of the person so far', () => {
    const beats = new BeatIntervals();
    assert.deepEqual(beats.next('a', 800, 400), [0.8, 0.4, 1, 0.5]);
    const [before, after, ratio, next] = beats.next('a', 400, 1200);
    const mean = 0.8 + 0.02 * (0.4 - 0.8);
    assert.deepEqual([before, after, ratio, next], [0.4, 1.2, 0.4 / mean, 1.2 / mean]);
    assert.deepEqual(beats.next('b', 1000, 1000), [1, 1, 1, 1]);
  });

  it('are bounded where a recording has no neighbour', () => {
    assert.deepEqual(new BeatIntervals().next('a', 65_535, 65_535), [3, 3, 1, 1]);
  });
});
