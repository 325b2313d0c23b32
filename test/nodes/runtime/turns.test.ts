import assert from 'node:assert/strict';
import { MessageTurns, messageProperty } from '../../../nodes/runtime';

describe('messages that take turns', () => {
  it('are worked on in order, in slices of some milliseconds, and those behind a long one wait', async () => {
    let now = 0;
    let turns = 0;
    const done: string[] = [];
    const target = new MessageTurns(
      10,
      () => now,
      async () => {
        turns++;
      },
    );
    function* work(name: string, steps: number) {
      for (let i = 0; i < steps; i++) {
        now += 1;
        yield;
      }
      done.push(name);
    }
    const short = target.run(() => work('first', 2));
    assert.equal(short, undefined, 'a short one is done at once');
    const all = [target.run(() => work('long', 20)), target.run(() => work('last', 1))];
    assert.deepEqual(done, ['first']);
    await Promise.all(all);
    assert.deepEqual(done, ['first', 'long', 'last']);
    assert.ok(turns >= 4, `${turns} turns`);
  });

  it('are full when as many wait as may', async () => {
    const target = new MessageTurns(
      2,
      () => Date.now(),
      async () => undefined,
    );
    let open = true;
    function* work() {
      while (open) yield;
    }
    const slow = new MessageTurns(
      2,
      (() => {
        let ms = 0;
        return () => (ms += 10);
      })(),
      async () => undefined,
    );
    const waiting = [slow.run(work), slow.run(work)];
    assert.equal(slow.isFull, true);
    open = false;
    await Promise.all(waiting);
    assert.deepEqual([slow.isFull, target.isFull], [false, false]);
  });
});

describe('a property of a message', () => {
  const RED = {
    util: {
      getMessageProperty: (msg: { meta: { label?: string } }) => msg.meta.label,
    },
  };
  it('is undefined if the message lacks a part of the path', () => {
    assert.equal(messageProperty(RED as never, {}, 'meta.label'), undefined);
    assert.equal(messageProperty(RED as never, { meta: { label: 'x' } } as never, 'meta.label'), 'x');
  });
});
