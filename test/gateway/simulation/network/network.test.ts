import assert from 'node:assert/strict';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { TransportSession } from '../../../../gateway/session';
import { type LinkSpeed, SimulatedNetwork } from '../../../../gateway/simulation/network/network';
import { SimulatedTransport } from '../../../../gateway/simulation/network/simulated-transport';
import { VirtualLoop } from '../../../../gateway/simulation/time/virtual-loop';

const free: LinkSpeed = { upBytesPerSecond: Infinity, downBytesPerSecond: Infinity, latencyMs: 0 };
const slow: LinkSpeed = { upBytesPerSecond: 100, downBytesPerSecond: 1000, latencyMs: 50 };
const payload = (size: number) => new Uint8Array(size).fill(7);

/** A network with two clients on slow links, and one client beside the broker. */
function fleet() {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, 2);
  const make = (client: number | undefined, speed: LinkSpeed) =>
    new SimulatedTransport({
      network,
      speed,
      ...(client !== undefined && { client }),
      will: { topic: `will/${client}`, payload: payload(1), retain: false },
    });
  const [a, b, hub] = [make(0, slow), make(1, slow), make(undefined, free)];
  const received: string[] = [];
  const receiver =
    (name: string) => (delivery: { topic: string; payload: Uint8Array; retained: boolean }) => {
      const mark = delivery.retained ? ' retained' : '';
      received.push(`${clock.now()} ${name} ${delivery.topic} ${delivery.payload.length}${mark}`);
    };
  return { clock, network, a, b, hub, received, receiver };
}

describe('the simulated network', () => {
  it('takes the latency and the time of the bytes in each direction, and counts the bytes', () => {
    const { clock, network, a, b, hub, received, receiver } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    void b.subscribe('t/one', receiver('b'));
    void a.publish('t/one', payload(20));
    // Up: 20 bytes at 100 bytes per second, and 50 ms; down: 20 bytes at 1000 bytes per second, and 50 ms.
    clock.advance(10_000);
    assert.deepEqual(received, ['320 b t/one 20']);
    assert.deepEqual([...network.traffic.up], [20, 0]);
    assert.deepEqual([...network.traffic.down], [0, 20]);
    assert.deepEqual(network.traffic.byType.get('one'), { up: 20, down: 20 });
  });

  it('sends the messages of a link one after the other', () => {
    const { clock, a, hub, received, receiver } = fleet();
    a.open();
    hub.open();
    void hub.subscribe('t/+', receiver('hub'));
    void a.publish('t/first', payload(10));
    void a.publish('t/second', payload(10));
    clock.advance(10_000);
    assert.deepEqual(received, ['150 hub t/first 10', '250 hub t/second 10']);
  });

  it('counts no bytes and takes no time for a client beside the broker', () => {
    const { clock, network, hub, received, receiver } = fleet();
    hub.open();
    void hub.subscribe('#', receiver('hub'));
    void hub.publish('t/x', payload(1000));
    clock.advance(0);
    assert.deepEqual(received, ['0 hub t/x 1000']);
    assert.deepEqual(network.traffic.total, { up: 0, down: 0 });
  });

  it('delivers a message to each subscription once, in the order of subscription', () => {
    const { clock, a, b, hub, received, receiver } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    void b.subscribe('t/x', receiver('b'));
    void a.subscribe('t/x', receiver('a'));
    void a.subscribe('t/+', receiver('a wildcard'));
    void hub.publish('t/x', payload(0));
    clock.advance(1000);
    assert.deepEqual(received, ['50 b t/x 0', '50 a t/x 0', '50 a wildcard t/x 0']);
  });

  it('keeps the newest retained message for later subscribers until it is cleared', () => {
    const { clock, a, b, hub, received, receiver } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    void hub.publish('t/x', payload(1), { retain: true });
    void hub.publish('t/x', payload(2), { retain: true });
    clock.advance(100);
    void a.subscribe('t/x', receiver('a'));
    clock.advance(100);
    void hub.publish('t/x', payload(0), { retain: true });
    clock.advance(100);
    void b.subscribe('t/+', receiver('b'));
    clock.advance(100);
    assert.deepEqual(received, ['152 a t/x 2 retained', '250 a t/x 0']);
  });

  it('sends messages again that were in transit when the link broke, and those published meanwhile', () => {
    const { clock, network, a, hub, received, receiver } = fleet();
    a.open();
    hub.open();
    void hub.subscribe('t/+', receiver('hub'));
    void a.publish('t/lost', payload(100));
    clock.advance(500);
    a.drop();
    void a.publish('t/later', payload(10));
    clock.advance(5000);
    assert.deepEqual(received, []);
    a.open();
    clock.advance(5000);
    assert.deepEqual(received, ['6550 hub t/lost 100', '6650 hub t/later 10']);
    assert.deepEqual([...network.traffic.up], [210, 0]);
  });

  it('sends what a listener publishes when the link opens once, before what waited', () => {
    const { clock, network, a, hub, received, receiver } = fleet();
    hub.open();
    void hub.subscribe('t/+', receiver('hub'));
    a.onState((state) => {
      if (state === 'online') void a.publish('t/hello', payload(10));
    });
    a.publish('t/waiting', payload(10)).catch(() => undefined);
    a.open();
    clock.advance(5000);
    assert.deepEqual(received, ['150 hub t/hello 10', '250 hub t/waiting 10']);
    assert.deepEqual([...network.traffic.up], [20, 0]);
  });

  it('publishes the will of a lost client, and not of one that says goodbye', async () => {
    const { clock, a, b, hub, received, receiver } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    void hub.subscribe('will/+', receiver('hub'));
    await b.close();
    a.drop();
    clock.advance(0);
    assert.deepEqual(received, ['0 hub will/0 1']);
  });

  it('delivers nothing to a client that is offline or has unsubscribed', async () => {
    const { clock, a, b, hub, received, receiver } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    const end = await a.subscribe('t/x', receiver('a'));
    void b.subscribe('t/x', receiver('b'));
    b.drop();
    await end();
    void hub.publish('t/x', payload(3));
    clock.advance(1000);
    assert.deepEqual(received, []);
  });

  it('refuses QoS 0 without a link, and everything when it is closed', async () => {
    const { a } = fleet();
    await assert.rejects(a.publish('t/x', payload(1), { qos: 0 }), /no connection/);
    const waiting = a.publish('t/x', payload(1));
    const refusal = assert.rejects(waiting, /closed before t\/x was sent/);
    await a.close();
    await refusal;
    await assert.rejects(a.publish('t/x', payload(1)), /closed/);
    await assert.rejects(
      a.subscribe('t/x', () => undefined),
      /closed/,
    );
  });

  it('counts exactly the bytes that sessions encode', async () => {
    const loop = new VirtualLoop();
    const { clock } = loop;
    const network = new SimulatedNetwork(clock, 2);
    const session = (id: string, client: number) => {
      const transport = new SimulatedTransport({ network, speed: slow, client });
      transport.open();
      return new TransportSession({
        transport,
        federation: 'f',
        id,
        clock,
        random: new SeededRandom(client),
      });
    };
    const [gateway, coordinator] = [session('g', 0), session('c', 1)];
    const received: number[] = [];
    await coordinator.subscribe('sync', (_message, { bytes }) => received.push(bytes));
    await gateway.subscribe('snapshot', (_message, { bytes }) => received.push(bytes));
    const sent: number[] = [];
    const parameters = Float32Array.from({ length: 50_000 }, (_, i) => i);
    const version = { lineage: '0123456789abcdef', version: 3 };
    void gateway.send({ type: 'sync', ...version }).then(({ bytes }) => sent.push(bytes));
    void coordinator
      .send({ type: 'snapshot', ...version, modelKey: version.lineage, parameters, average: parameters }, 'g')
      .then(({ bytes }) => sent.push(bytes));
    assert.ok(await loop.run(() => received.length === 2 && sent.length === 2));
    const order = (a: number, b: number) => a - b;
    assert.deepEqual([...sent].sort(order), [...received].sort(order));
    assert.deepEqual(
      [...network.traffic.up, ...network.traffic.down].sort(order),
      [...sent, ...received].sort(order),
    );
    assert.ok((sent[1] ?? 0) > 400_000);
  });
});
