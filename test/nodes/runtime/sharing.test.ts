import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { VirtualClock } from '../../../gateway/platform';
import { RefCounted, Registry, RoleRegistry, UsageCounter, userFolder } from '../../../nodes/runtime';
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

  it('is made again after that, and starts when the one before has stopped', async () => {
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

  it('stops although its start still waits for a broker that is away', async () => {
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

  it('reports a start that fails, but not one that fails because of the stop', async () => {
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
  it('is played once over one federation node; the error for the second node names the first', () => {
    const roles = new RoleRegistry();
    const first = new FakeNode('first');
    first.name = 'Clinic 3';
    const release = roles.acquire('participant', first.node);
    assert.throws(
      () => roles.acquire('participant', new FakeNode('second').node),
      /"Clinic 3" already does this/,
    );
    roles.acquire('coordinator', new FakeNode('second').node);
    release();
    roles.acquire('participant', new FakeNode('third').node);
    release();
    assert.throws(() => roles.acquire('participant', first.node), /"third"/);
  });
});

describe('a registry', () => {
  it('has an entry until its owner removes it', () => {
    const registry = new Registry<string, string>();
    const remove = registry.set('a', 'first');
    assert.equal(registry.get('a'), 'first');
    remove();
    assert.equal(registry.get('a'), undefined);
  });

  it('keeps the entry that has replaced another one when that is removed', () => {
    const registry = new Registry<string, object>();
    const [first, second] = [{}, {}];
    const remove = registry.set('a', first);
    registry.set('a', second);
    remove();
    assert.equal(registry.get('a'), second);
  });

  it('refuses a second owner of a key, with an error that names the first', () => {
    const registry = new Registry<string, string>();
    const refusal = (holder: string) => new Error(`taken by ${holder}`);
    const release = registry.claim('a', 'first', refusal);
    assert.throws(() => registry.claim('a', 'second', refusal), /taken by first/);
    release();
    registry.claim('a', 'second', refusal);
    assert.equal(registry.get('a'), 'second');
  });
});

describe('the users of a connection', () => {
  it('are waited for', async () => {
    const clock = new VirtualClock();
    const users = new UsageCounter();
    const first = users.take();
    const second = users.take();
    const idle = users.idle(7000, clock);
    first();
    first();
    second();
    assert.equal(await idle, true);
    assert.equal(await users.idle(7000, clock), true);
  });

  it('are not waited for longer than the limit', async () => {
    const clock = new VirtualClock();
    const users = new UsageCounter();
    users.take();
    const idle = users.idle(7000, clock);
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
