import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { VirtualClock } from '../../../gateway/platform';
import { RefCounted, RoleClaims, UsageCounter, userFolder } from '../../../nodes/runtime';
import { FakeNode } from '../../support/node-red/fake-node';

function makeShared() {
  const calls: string[] = [];
  let made = 0;
  const shared = new RefCounted(
    () => {
      const name = `item ${++made}`;
      return {
        name,
        start: async () => {
          calls.push(`${name} starts`);
        },
        stop: async () => {
          calls.push(`${name} stops`);
        },
      };
    },
    (error) => calls.push(`error ${error}`),
  );
  return { shared, calls };
}

describe('an object shared by several nodes', () => {
  it('is made once, and stopped after the last release', async () => {
    const { shared, calls } = makeShared();
    const first = shared.acquire();
    const second = shared.acquire();
    assert.equal(first.item, second.item);
    await first.release();
    await first.release();
    assert.deepEqual(calls, ['item 1 starts']);
    await second.release();
    assert.deepEqual(calls, ['item 1 starts', 'item 1 stops']);
  });

  it('is made anew after that, and starts when the one before has stopped', async () => {
    const { shared, calls } = makeShared();
    const first = shared.acquire();
    await Promise.resolve();
    const released = first.release();
    const second = shared.acquire();
    assert.equal(second.item.name, 'item 2');
    await released;
    await second.release();
    assert.deepEqual(calls.slice(0, 2), ['item 1 starts', 'item 1 stops']);
  });

  it('stops even while its start waits for a broker that is away', async () => {
    let stopped = false;
    const shared = new RefCounted(
      () => ({
        start: () => new Promise<void>(() => undefined),
        stop: async () => {
          stopped = true;
        },
      }),
      () => undefined,
    );
    await shared.acquire().release();
    assert.ok(stopped);
  });

  it('tells a start that fails, and not one that failed because of the stop', async () => {
    const errors: unknown[] = [];
    let fail: (error: Error) => void = () => undefined;
    const shared = new RefCounted(
      () => ({
        start: () =>
          new Promise<void>((_, reject) => {
            fail = reject;
          }),
        stop: async () => fail(new Error('closed')),
      }),
      (error) => errors.push(error),
    );
    const { release } = shared.acquire();
    await Promise.resolve();
    await release();
    assert.deepEqual(errors, []);
    shared.acquire();
    await new Promise((resolve) => setImmediate(resolve));
    fail(new Error('refused'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(errors.length, 1);
  });
});

describe('a role', () => {
  it('is played once over one federation node; the second asker hears who has it', () => {
    const claims = new RoleClaims();
    const first = new FakeNode('first');
    first.name = 'Ward 3';
    const giveBack = claims.claim('participant', first.node);
    assert.throws(
      () => claims.claim('participant', new FakeNode('second').node),
      /"Ward 3" already does this/,
    );
    claims.claim('coordinator', new FakeNode('second').node);
    giveBack();
    claims.claim('participant', new FakeNode('third').node);
    giveBack();
    assert.throws(() => claims.claim('participant', first.node), /"third"/);
  });
});

describe('holds', () => {
  it('are waited for', async () => {
    const clock = new VirtualClock();
    const holds = new UsageCounter();
    const first = holds.take();
    const second = holds.take();
    const idle = holds.idle(7000, clock);
    first();
    first();
    second();
    assert.equal(await idle, true);
    assert.equal(await holds.idle(7000, clock), true);
  });

  it('are not waited for longer than the limit', async () => {
    const clock = new VirtualClock();
    const holds = new UsageCounter();
    holds.take();
    const idle = holds.idle(7000, clock);
    clock.advance(7000);
    assert.equal(await idle, false);
  });
});

describe('the folder of a node', () => {
  const RED = (userDir: unknown) =>
    ({ settings: { userDir } }) as unknown as Parameters<typeof userFolder>[0];

  it('lies under the user directory, by node id', () => {
    assert.equal(userFolder(RED('/data'), { id: 'a1b2' }, 'outbox'), join('/data', 'ftte', 'a1b2', 'outbox'));
  });

  it('cannot be led out of it by an id', () => {
    for (const id of ['../../etc', '..', 'a/b'])
      assert.equal(dirname(userFolder(RED('/data'), { id })), join('/data', 'ftte'));
  });
});
