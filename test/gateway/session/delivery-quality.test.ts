import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Client, Subscription } from 'aedes' with { 'resolution-mode': 'import' };
import { SeededRandom, silentLog, systemClock } from '../../../gateway/platform';
import { TransportSession } from '../../../gateway/session';
import { MqttTransport } from '../../../gateway/transport';
import { routes } from '../../../gateway/wire';

describe('what a broker is asked for', () => {
  it('is delivered to gateways without answers, and with answers to the coordinator and where a gateway asks for them, also after a reconnect', async () => {
    // aedes is an ES module.
    const { Aedes } = await import('aedes');
    const broker = await Aedes.createBroker();
    const server = createServer(broker.handle);
    const asked: Subscription[] = [];
    const clients: Client[] = [];
    broker.on('subscribe', (subscriptions) => asked.push(...subscriptions));
    broker.on('client', (client) => clients.push(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ends: (() => Promise<void>)[] = [];
    const session = (id: string) => {
      const url = `mqtt://127.0.0.1:${port}`;
      const transport = new MqttTransport({
        ...{ url, clientId: id, backoff: { minMs: 1, maxMs: 2 } },
        will: TransportSession.will('clinic', id),
      });
      const made = new TransportSession({
        ...{ transport, federation: 'clinic', id, clock: systemClock, log: silentLog },
        random: new SeededRandom(id.length),
      });
      ends.push(
        async () => made.stop(),
        async () => transport.close(),
      );
      made.start();
      transport.open();
      return made;
    };
    try {
      const gateway = session('gw-1');
      await Promise.all(
        (['task', 'patch', 'ack', 'grant', 'snapshot', 'committee', 'ask'] as const).map((type) =>
          gateway.subscribe(type, () => undefined),
        ),
      );
      const coordinator = session('coordinator');
      await Promise.all(
        (['hello', 'update'] as const).map((type) => coordinator.subscribe(type, () => undefined)),
      );
      const qualities = () =>
        Object.fromEntries(asked.map(({ topic, qos }) => [topic.split('/').at(-1), qos]));
      const expected = {
        task: 0,
        patch: 0,
        ack: 0,
        grant: 0,
        snapshot: 0,
        committee: 1,
        ask: 1,
        hello: 1,
        update: 1,
      };
      assert.deepEqual(qualities(), expected);
      for (const [type, quality] of Object.entries(expected))
        assert.equal(routes[type as keyof typeof routes].subscribedQos, quality);
      const again = new Promise((resolve) => broker.once('subscribe', resolve));
      gateway.confirmEach('snapshot');
      gateway.confirmEach('snapshot');
      gateway.confirmEach('update');
      await again;
      expected.snapshot = 1;
      assert.deepEqual(qualities(), expected);
      asked.length = 0;
      const back = new Promise<void>((resolve) => {
        broker.on('subscribe', () => asked.length === Object.keys(expected).length && resolve());
      });
      for (const client of clients.splice(0)) client.conn.destroy();
      await back;
      assert.deepEqual(qualities(), expected);
    } finally {
      for (const end of ends) await end();
      broker.close();
      server.close();
    }
  });
});
