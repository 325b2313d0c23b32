import assert from 'node:assert/strict';
import { TaskEcho } from '../../../../gateway/coordinator/publishing/task-echo';
import { type FtteError, VirtualClock } from '../../../../gateway/platform';

describe('the echo of the retained task', () => {
  function watched(arrived: Readonly<Record<string, number>>) {
    const clock = new VirtualClock();
    const found: (FtteError | undefined)[] = [];
    const times = { ...arrived };
    const echo = new TaskEcho({
      session: { receivedMs: (type) => times[type], topicOf: (type) => `ftte/v1/f/all/${type}` },
      clock,
      onDropped: (problem) => found.push(problem),
    });
    return { clock, found, times, echo };
  }

  for (const { what, arrived, dropped } of [
    { what: 'comes back', arrived: { task: 12, head: 13 }, dropped: false },
    { what: 'does not come back, and the head does', arrived: { head: 13 }, dropped: true },
    { what: 'is an earlier one, and the claim comes back', arrived: { task: 5, claim: 11 }, dropped: true },
    { what: 'does not come back, and nothing else does', arrived: { claim: 5 }, dropped: false },
  ])
    it(`shows ${dropped ? 'that the broker drops it' : 'no fault'} if the task ${what}`, () => {
      const { clock, found, echo } = watched(arrived);
      for (let i = 0; i < 2; i++) {
        echo.confirmed(2067, 10);
        clock.advance(10_000);
      }
      assert.equal(found.length, dropped ? 1 : 0, 'it is said once');
      if (!dropped) return;
      assert.match(found[0]!.message, /task of 2067 bytes on ftte\/v1\/f\/all\/task .*message_size_limit/);
      assert.equal(found[0]!.details['kind'], 'too-large');
    });

  it('shows that the broker has the task after all', () => {
    const { clock, found, times, echo } = watched({ head: 13 });
    echo.confirmed(2067, 10);
    clock.advance(10_000);
    times['task'] = 20;
    echo.confirmed(500, 20);
    clock.advance(10_000);
    assert.deepEqual(
      found.map((problem) => problem?.code),
      ['broker', undefined],
    );
    echo.stop();
    assert.equal(clock.nextDue, undefined);
  });
});
