import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventQueue, type QueuedEvent, VirtualClock } from '../../../../gateway/platform';
import { processorMs } from '../../../support/elapsed';

describe('the event queue', () => {
  it('returns events in the order of their times, and in order of insertion at equal times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 200 }), (times) => {
        const queue = new EventQueue<number>();
        times.forEach((due, i) => {
          queue.push(due, i);
        });
        const expected = times
          .map((due, i) => ({ due, i }))
          .sort((a, b) => a.due - b.due || a.i - b.i)
          .map(({ i }) => i);
        const got: number[] = [];
        for (let event = queue.shift(); event; event = queue.shift()) got.push(event.value);
        assert.deepEqual(got, expected);
      }),
    );
  });

  it('keeps its order under any mixture of pushes, shifts and removals', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), due: fc.integer({ min: 0, max: 20 }) }),
      fc.record({ kind: fc.constant('shift' as const) }),
      fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const queue = new EventQueue<number>();
        const model: QueuedEvent<number>[] = [];
        let value = 0;
        for (const step of operations) {
          if (step.kind === 'push') {
            model.push(queue.push(step.due, value++));
          } else if (step.kind === 'shift') {
            model.sort((a, b) => a.due - b.due || a.value - b.value);
            assert.equal(queue.shift(), model.shift());
          } else if (model.length > 0) {
            const [gone] = model.splice(step.at % model.length, 1);
            assert.ok(gone && queue.remove(gone));
            assert.equal(queue.remove(gone), false);
          }
          assert.equal(queue.size, model.length);
        }
      }),
    );
  });

  it('keeps the events of 10 000 clients in order over a million moves', () => {
    const queue = new EventQueue<number>();
    for (let i = 0; i < 10_000; i++) queue.push((i * 7919) % 10_007, i);
    let last = -1;
    const took = processorMs(() => {
      for (let i = 0; i < 1_000_000; i++) {
        const event = queue.shift() as QueuedEvent<number>;
        assert.ok(event.due >= last);
        last = event.due;
        queue.push(event.due + 1 + (event.value % 97), event.value);
      }
    });
    assert.equal(queue.size, 10_000);
    assert.ok(took < 5000, `took ${took} ms`);
  });
});

describe('the virtual clock', () => {
  it('steps to the next timer and stops there', () => {
    const clock = new VirtualClock(5);
    const seen: string[] = [];
    clock.after(10, () => seen.push(`b@${clock.now()}`));
    clock.after(3, () => seen.push(`a@${clock.now()}`));
    assert.equal(clock.nextDue, 8);
    assert.ok(clock.step());
    assert.deepEqual([clock.now(), ...seen], [8, 'a@8']);
    assert.ok(clock.step());
    assert.equal(clock.step(), false);
    assert.deepEqual(seen, ['a@8', 'b@15']);
  });

  it('fires a timer that another timer has set, and never fires a cancelled one', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const never = clock.after(2, () => seen.push('never'));
    clock.after(1, () => {
      never.cancel();
      clock.after(1, () => seen.push(`inner@${clock.now()}`));
    });
    clock.advance(10);
    never.cancel();
    assert.deepEqual(seen, ['inner@2']);
    assert.equal(clock.now(), 10);
    assert.equal(clock.nextDue, undefined);
  });
});
