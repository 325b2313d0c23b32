import { deepEqual } from 'node:assert/strict';
import { CutOffTimer, cutOffMs, VirtualClock } from '../../../../gateway/platform';

describe('the timer of a lost connection', () => {
  it('says once that it is away, measured from when that began, and again after it was back', () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    const timer = new CutOffTimer(clock, () => times.push(clock.now()));
    timer.away();
    clock.advance(cutOffMs - 1);
    timer.away();
    deepEqual(times, []);
    clock.advance(1);
    timer.away();
    clock.advance(3 * cutOffMs);
    deepEqual(times, [cutOffMs]);
    timer.stop();
    timer.away();
    clock.advance(cutOffMs - 1);
    timer.stop();
    clock.advance(cutOffMs);
    timer.away();
    clock.advance(cutOffMs);
    deepEqual(times.length, 2);
  });
});
