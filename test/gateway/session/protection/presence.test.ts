import assert from 'node:assert/strict';
import { externalData, readPresence, refusalOf, sign1, signPresence } from '../../../../gateway/security';
import { PresenceOrder } from '../../../../gateway/session/protection/presence-order';
import { ProtectedFederation, settled } from './harness';

const hex = '0123456789abcdef';
const claim = { type: 'claim', instance: hex, since: 1, active: true } as const;
const hello = { type: 'hello', budgetBytes: 1, instance: hex, software: 'test', modelKey: '' } as const;
const topic = 'ftte/v1/clinic/gw/a/presence';
const [online, offline] = ['presence true of a', 'presence false of a'];

describe('presence in a protected federation (P-31)', () => {
  let all: ProtectedFederation;
  let outsider: Awaited<ReturnType<ProtectedFederation['outsider']>>;
  beforeEach(async () => {
    all = new ProtectedFederation('sealed');
    outsider = await all.outsider();
  });

  async function coordinate() {
    const coordinator = await all.coordinator();
    await coordinator.note('hello', 'presence');
    await coordinator.session.send(claim);
    await settled();
    return coordinator;
  }
  async function join() {
    const gateway = all.gateway('a');
    await gateway.note('claim');
    await gateway.session.send(hello);
    await settled();
    return gateway;
  }
  const recorded = () => all.passed.filter((each) => each.topic === topic).map(({ payload }) => payload);
  const replay = async (...payloads: Uint8Array[]) => {
    for (const payload of payloads) await outsider.publish(topic, payload, { qos: 1, retain: true });
    await settled();
  };
  const presences = (seen: readonly string[]) =>
    seen.filter((text) => text.startsWith('presence') && text.endsWith('of a'));

  it('is taken once, also the will of a connection that dies, and goes on with the next connection', async () => {
    const coordinator = await coordinate();
    const gateway = await join();
    assert.deepEqual(presences(coordinator.seen), [online]);
    gateway.transport.drop({ stay: true });
    await settled();
    gateway.transport.reconnect();
    await settled();
    gateway.transport.drop({ stay: true });
    await settled();
    assert.deepEqual(presences(coordinator.seen), [online, offline, online, offline]);
  });

  it('that was recorded has no effect: while its gateway is connected, when it is gone, or when it has started again', async () => {
    const coordinator = await coordinate();
    const gateway = await join();
    gateway.transport.drop({ stay: true });
    await settled();
    gateway.transport.reconnect();
    await settled();
    const [first, will] = recorded();
    coordinator.seen.length = 0;
    await replay(first!, will!);
    await gateway.session.stop();
    await gateway.transport.close();
    await settled();
    assert.deepEqual(presences(coordinator.seen), [offline]);
    await replay(...recorded().slice(0, -1));
    assert.deepEqual(presences(coordinator.seen), [offline]);
    await join();
    assert.deepEqual(presences(coordinator.seen), [offline, online]);
    await replay(...recorded().slice(0, -1));
    assert.deepEqual(presences(coordinator.seen), [offline, online]);
    assert.ok(coordinator.drops.some(({ detail }) => /an earlier presence of a came again/.test(detail)));
  });

  it('that stayed at the broker says nothing to a coordinator that has started again, before the gateway answers its claim', async () => {
    const before = await coordinate();
    const gateway = await join();
    gateway.transport.drop({ stay: true });
    await settled();
    await replay(recorded()[0]!);
    before.transport.drop({ stay: true });
    const coordinator = await coordinate();
    assert.deepEqual(presences(coordinator.seen), []);
    gateway.transport.reconnect();
    await settled();
    assert.deepEqual(presences(coordinator.seen), [online]);
  });

  it('of another form, or signed by somebody else, is refused', async () => {
    const coordinator = await coordinate();
    await join();
    const [first] = recorded();
    const changed = Uint8Array.from(first!);
    changed[changed.length - 1]! ^= 1;
    const count = coordinator.drops.length;
    await replay(changed, sign1(all.identityOf('b'), new Uint8Array(9), externalData(topic)));
    assert.equal(coordinator.drops.length, count + 2);
    assert.deepEqual(presences(coordinator.seen), [online]);
  });

  it('is refused by name: presence-old for one that is not the newest, presence for another form', () => {
    const order = new PresenceOrder();
    const delivery = { topic, payload: new Uint8Array(0), retained: false };
    const refusal = (call: () => unknown) => {
      try {
        return call();
      } catch (error) {
        return refusalOf(error);
      }
    };
    const take = (run: number, number: number) =>
      refusal(() => order.take('a', { run, number }, delivery).counts);
    assert.equal(take(1, 5), false, 'it waits for the hello');
    assert.equal(take(1, 4), 'presence-old');
    assert.equal(order.introduced('a', { run: 1, number: 6 }), delivery);
    assert.deepEqual(
      [take(1, 5), take(1, 6), take(1, 6), take(0, 9)],
      ['presence-old', true, true, 'presence-old'],
    );
    assert.equal(take(2, 0), false);
    assert.equal(take(1, 7), true, 'the end of the run before');
    assert.equal(order.introduced('a', { run: 2, number: 0 }), delivery);
    assert.deepEqual([take(1, 8), take(2, 0)], ['presence-old', true]);

    const identity = all.identityOf('a');
    const content = Uint8Array.of(1);
    const signed = signPresence(identity, topic, { run: 3, number: 4, content });
    assert.deepEqual(readPresence(signed, topic, identity.publicKey), { run: 3, number: 4, content });
    const other = sign1(identity, new Uint8Array([0xa0]), externalData(topic));
    assert.equal(
      refusal(() => readPresence(other, topic, identity.publicKey)),
      'presence',
    );
  });
});
