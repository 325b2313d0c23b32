import assert from 'node:assert/strict';
import { HostedBrokers } from '../../../nodes/ftte-federation/hosted-brokers';

const spec = { port: 1883, bind: '127.0.0.1', user: '', password: '', certificate: '' };

function make(fail?: Error) {
  const calls: string[] = [];
  const brokers = new HostedBrokers(async ({ port }) => {
    if (fail) throw fail;
    calls.push(`start ${port}`);
    return {
      stop: async () => {
        calls.push(`stop ${port}`);
      },
    };
  });
  return { brokers, calls };
}

describe('brokers hosted by this process', () => {
  it('start once a port and stop after the last node has let go', async () => {
    const { brokers, calls } = make();
    const [first, second] = await Promise.all(
      ['a', 'b'].map(async (name) => (await brokers.acquire(spec, name)).release),
    );
    await brokers.acquire({ ...spec, port: 1884 }, 'c');
    assert.deepEqual(calls, ['start 1883', 'start 1884']);
    await first?.();
    await first?.();
    assert.equal(calls.length, 2);
    await second?.();
    assert.deepEqual(calls.slice(2), ['stop 1883']);
  });

  it('let nodes that reach them by URL wait until they listen, and go before they stop', async () => {
    const { brokers, calls } = make();
    const visit = brokers.visit('mqtt://127.0.0.1:1883');
    const { release } = await brokers.acquire(spec, 'coordinator');
    const leave = await visit;
    const released = release();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(calls, ['start 1883']);
    leave();
    await released;
    assert.deepEqual(calls, ['start 1883', 'stop 1883']);
  });

  it('are not waited for by nodes that go elsewhere', async () => {
    const { brokers } = make(new Error('in use'));
    const failed = brokers.acquire(spec, 'coordinator').catch(() => 'failed');
    for (const url of ['mqtt://127.0.0.1:1884', 'mqtt://broker.example:1883', 'mqtt://localhost:1883'])
      (await brokers.visit(url))();
    assert.equal(await failed, 'failed');
  });

  it('start again only when the one before has stopped', async () => {
    const { brokers, calls } = make();
    const { release } = await brokers.acquire(spec, 'a');
    void release();
    await brokers.acquire(spec, 'b');
    assert.deepEqual(calls, ['start 1883', 'stop 1883', 'start 1883']);
  });

  for (const [name, other] of [
    ['bind', { ...spec, bind: '127.0.0.2' }],
    ['user', { ...spec, user: 'someone' }],
    ['password', { ...spec, password: 'other' }],
  ] as const) {
    it(`refuse a second node with another ${name}, naming the first and no secret`, async () => {
      const { brokers } = make();
      await brokers.acquire(spec, 'Clinic 3');
      await assert.rejects(brokers.acquire(other, 'Clinic 4'), (error: Error) => {
        assert.match(error.message, new RegExp(`^${name}: port 1883 is already hosted here by "Clinic 3"`));
        return !/other|someone/.test(error.message.replace('another', ''));
      });
    });
  }

  it('say why a port cannot be had, and try again for the next who asks', async () => {
    const { brokers } = make(new Error('EADDRINUSE'));
    for (const name of ['a', 'b'])
      await assert.rejects(brokers.acquire(spec, name), /cannot listen on 127\.0\.0\.1:1883: EADDRINUSE/);
  });
});
