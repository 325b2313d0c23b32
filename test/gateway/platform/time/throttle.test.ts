import { deepEqual, equal } from 'node:assert/strict';
import { Throttle, VirtualClock } from '../../../../gateway/platform';

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));

describe('a throttle', () => {
  let clock: VirtualClock;
  let times: number[];
  let throttle: Throttle;
  beforeEach(() => {
    clock = new VirtualClock();
    times = [];
    throttle = new Throttle(clock, 100, () => times.push(clock.now()));
  });

  it('acts once for all changes of a turn, at its end', async () => {
    throttle.request();
    throttle.request();
    deepEqual(times, []);
    await turn();
    deepEqual(times, [0]);
  });

  it('acts at most once per interval, and always after the last change', async () => {
    for (let ms = 0; ms < 250; ms += 10) {
      throttle.request();
      await turn();
      clock.advance(10);
    }
    deepEqual(times, [0, 100, 200]);
    clock.advance(1_000);
    deepEqual(times, [0, 100, 200, 300]);
    clock.advance(1_000);
    equal(clock.nextDue, undefined);
    throttle.request();
    await turn();
    deepEqual(times.at(-1), 2_250);
  });

  it('does not act after it has stopped, and leaves no timer', async () => {
    throttle.request();
    throttle.stop();
    await turn();
    throttle.request();
    await turn();
    deepEqual(times, []);
    const other = new Throttle(clock, 100, () => times.push(0));
    other.request();
    await turn();
    other.request();
    other.stop();
    equal(clock.nextDue, undefined);
  });
});
