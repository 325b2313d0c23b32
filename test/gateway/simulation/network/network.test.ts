import assert from 'node:assert/strict';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { TransportSession } from '../../../../gateway/session';
import { type LinkSpeed, SimulatedNetwork } from '../../../../gateway/simulation/network/network';
import { SimulatedTransport } from '../../../../gateway/simulation/network/simulated-transport';
import { VirtualLoop } from '../../../../gateway/simulation/network/virtual-loop';

const free: LinkSpeed = { upBytesPerSecond: Infinity, downBytesPerSecond: Infinity, latencyMs: 0 };
const slow: LinkSpeed = { upBytesPerSecond: 100, downBytesPerSecond: 1000, latencyMs: 50 };
const payload = (size: number) => new Uint8Array(size).fill(7);

/** A network with two clients on a slow line each, and somebody beside the broker. */
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
  const heard: string[] = [];
  const hear = (name: string) => (delivery: { topic: string; payload: Uint8Array; retained: boolean }) => {
    const kept = delivery.retained ? ' retained' : '';
    heard.push(`${clock.now()} ${name} ${delivery.topic} ${delivery.payload.length}${kept}`);
  };
  return { clock, network, a, b, hub, heard, hear };
}

describe('the simulated network', () => {
  it('takes the latency and the time of the bytes, each way, and counts them', () => {
    const { clock, network, a, b, hub, heard, hear } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    void b.subscribe('t/one', hear('b'));
    void a.publish('t/one', payload(20));
    // Up: 20 bytes at 100 a second, 50 ms; down: 20 bytes at 1000 a second, 50 ms.
    clock.advance(10_000);
    assert.deepEqual(heard, ['320 b t/one 20']);
    assert.deepEqual([...network.traffic.up], [20, 0]);
    assert.deepEqual([...network.traffic.down], [0, 20]);
    assert.deepEqual(network.traffic.byType.get('one'), { up: 20, down: 20 });
  });

  it('sends one message after the other over a line, not at once', () => {
    const { clock, a, hub, heard, hear } = fleet();
    a.open();
    hub.open();
    void hub.subscribe('t/+', hear('hub'));
    void a.publish('t/first', payload(10));
    void a.publish('t/second', payload(10));
    clock.advance(10_000);
    assert.deepEqual(heard, ['150 hub t/first 10', '250 hub t/second 10']);
  });

  it('costs nobody beside the broker anything', () => {
    const { clock, network, hub, heard, hear } = fleet();
    hub.open();
    void hub.subscribe('#', hear('hub'));
    void hub.publish('t/x', payload(1000));
    clock.advance(0);
    assert.deepEqual(heard, ['0 hub t/x 1000']);
    assert.deepEqual(network.traffic.total, { up: 0, down: 0 });
  });

  it('gives a message to each connection once, in the order of subscription', () => {
    const { clock, a, b, hub, heard, hear } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    void b.subscribe('t/x', hear('b'));
    void a.subscribe('t/x', hear('a'));
    void a.subscribe('t/+', hear('a wild'));
    void hub.publish('t/x', payload(0));
    clock.advance(1000);
    assert.deepEqual(heard, ['50 b t/x 0', '50 a t/x 0', '50 a wild t/x 0']);
  });

  it('keeps the newest retained message for those who subscribe later, until it is cleared', () => {
    const { clock, a, b, hub, heard, hear } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    void hub.publish('t/x', payload(1), { retain: true });
    void hub.publish('t/x', payload(2), { retain: true });
    clock.advance(100);
    void a.subscribe('t/x', hear('a'));
    clock.advance(100);
    void hub.publish('t/x', payload(0), { retain: true });
    clock.advance(100);
    void b.subscribe('t/+', hear('b'));
    clock.advance(100);
    assert.deepEqual(heard, ['152 a t/x 2 retained', '250 a t/x 0']);
  });

  it('sends again what was under way when the line broke, and what came meanwhile, once it is back', () => {
    const { clock, network, a, hub, heard, hear } = fleet();
    a.open();
    hub.open();
    void hub.subscribe('t/+', hear('hub'));
    void a.publish('t/lost', payload(100));
    clock.advance(500);
    a.drop();
    void a.publish('t/later', payload(10));
    clock.advance(5000);
    assert.deepEqual(heard, []);
    a.open();
    clock.advance(5000);
    assert.deepEqual(heard, ['6550 hub t/lost 100', '6650 hub t/later 10']);
    assert.deepEqual([...network.traffic.up], [210, 0]);
  });

  it('publishes the will of who is lost, and of nobody who says goodbye', async () => {
    const { clock, a, b, hub, heard, hear } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    void hub.subscribe('will/+', hear('hub'));
    await b.close();
    a.drop();
    clock.advance(0);
    assert.deepEqual(heard, ['0 hub will/0 1']);
  });

  it('delivers nothing to who is away, and hears no more of who unsubscribed', async () => {
    const { clock, a, b, hub, heard, hear } = fleet();
    for (const transport of [a, b, hub]) transport.open();
    const end = await a.subscribe('t/x', hear('a'));
    void b.subscribe('t/x', hear('b'));
    b.drop();
    await end();
    void hub.publish('t/x', payload(3));
    clock.advance(1000);
    assert.deepEqual(heard, []);
  });

  it('refuses what cannot be sent: QoS 0 without a line, anything when closed', async () => {
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

  it('charges exactly the bytes that sessions encode', async () => {
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
    const heard: number[] = [];
    await coordinator.subscribe('sync', (_message, { bytes }) => heard.push(bytes));
    await gateway.subscribe('snapshot', (_message, { bytes }) => heard.push(bytes));
    const sent: number[] = [];
    const parameters = Float32Array.from({ length: 50_000 }, (_, i) => i);
    const version = { lineage: '0123456789abcdef', version: 3 };
    void gateway.send({ type: 'sync', ...version }).then(({ bytes }) => sent.push(bytes));
    void coordinator
      .send({ type: 'snapshot', ...version, modelKey: version.lineage, parameters, average: parameters }, 'g')
      .then(({ bytes }) => sent.push(bytes));
    assert.ok(await loop.run(() => heard.length === 2 && sent.length === 2));
    const order = (a: number, b: number) => a - b;
    assert.deepEqual([...sent].sort(order), [...heard].sort(order));
    assert.deepEqual(
      [...network.traffic.up, ...network.traffic.down].sort(order),
      [...sent, ...heard].sort(order),
    );
    assert.ok((sent[1] ?? 0) > 400_000);
  });
});
