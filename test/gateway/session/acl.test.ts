import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom, systemClock } from '../../../gateway/platform';
import { TransportSession } from '../../../gateway/session';
import { type MqttTransport, troubleOf } from '../../../gateway/transport';
import type { Message } from '../../../gateway/wire';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { mqttClient } from '../transport/mqtt-bench';
import { bytes, Inbox, reached } from '../transport/tools';

/** The lines of the ACL that docs/protocol.md recommends. */
function documentedAcl(): string[] {
  const text = readFileSync(join(__dirname, '../../../docs/protocol.md'), 'utf8');
  const lines = /```acl\n([\s\S]*?)```/.exec(text)?.[1];
  assert.ok(lines, 'docs/protocol.md has no ```acl block');
  return lines.split('\n');
}

const hex = '0123456789abcdef';
const users = { coordinator: 'pw-coordinator', 'gw-1': 'pw-1', 'gw-2': 'pw-2' };
const ack = { type: 'ack', id: hex, status: 'accepted', version: 1 } as const;

const define = findProgram('mosquitto') ? describe : describe.skip;
for (const protocolVersion of [4, 5] as const) {
  define(`the documented ACL in Mosquitto over MQTT ${protocolVersion === 4 ? '3.1.1' : '5'}`, () => {
    let broker: Mosquitto;
    let transports: MqttTransport[];

    beforeEach(async () => {
      transports = [];
      broker = await startMosquitto({ users, acl: documentedAcl() });
    });
    afterEach(async () => {
      await Promise.all(transports.map((transport) => transport.close()));
      await broker.stop();
    });

    async function join(id: keyof typeof users) {
      const transport = mqttClient(`mqtt://127.0.0.1:${broker.port}`, {
        protocolVersion,
        clientId: id,
        username: id,
        password: users[id],
        will: TransportSession.will('clinic', id),
      });
      transports.push(transport);
      const random = new SeededRandom(id.length);
      const session = new TransportSession({
        transport,
        federation: 'clinic',
        id,
        clock: systemClock,
        random,
      });
      session.start();
      transport.open();
      await reached(transport, 'online');
      return { transport, session };
    }

    it('lets a gateway with restricted rights take part', async () => {
      const [coordinator, gateway] = [await join('coordinator'), await join('gw-1')];
      const at = (session: TransportSession, type: 'presence' | 'sync' | 'head' | 'ack') =>
        new Promise<Message>((resolve, reject) => {
          session.subscribe(type, resolve).catch(reject);
        });
      const heard = [
        at(coordinator.session, 'sync'),
        at(gateway.session, 'head'),
        at(gateway.session, 'ack'),
      ];
      const presences: string[] = [];
      await coordinator.session.subscribe('presence', (message) => {
        presences.push(message.sender);
      });
      // Subscribing twice is harmless, and resolves when the broker has confirmed.
      await coordinator.session.subscribe('sync', () => undefined);
      await gateway.session.subscribe('ack', () => undefined);
      await gateway.session.send({ type: 'sync', lineage: '', version: -1 });
      await coordinator.session.send({ type: 'head', lineage: hex, version: 1, modelKey: hex });
      await coordinator.session.send(ack, 'gw-1');
      assert.deepEqual(
        (await Promise.all(heard)).map((message) => `${message.type} of ${message.sender}`),
        ['sync of gw-1', 'head of coordinator', 'ack of coordinator'],
      );
      assert.ok(presences.includes('gw-1'));
    });

    it('prevents a gateway from sending for another gateway, and from reading its messages', async () => {
      const [coordinator, one, two] = [await join('coordinator'), await join('gw-1'), await join('gw-2')];
      const [atCoordinator, spied, proper] = [new Inbox(), new Inbox(), new Inbox()];
      await coordinator.transport.subscribe('ftte/v1/clinic/gw/+/sync', atCoordinator.take);
      for (const filter of ['ftte/v1/clinic/to/gw-2/#', 'ftte/v1/clinic/gw/+/presence'])
        await one.transport.subscribe(filter, spied.take).catch(() => undefined);
      await two.transport.subscribe('ftte/v1/clinic/to/gw-2/#', proper.take);
      for (const topic of [
        'ftte/v1/clinic/gw/gw-2/sync',
        'ftte/v1/clinic/all/head',
        'ftte/v1/clinic/to/gw-2/ack',
      ]) {
        const forged = one.transport.publish(topic, bytes('forged'));
        // MQTT 3.1.1 has no negative acknowledgement: the broker confirms the message and drops it.
        if (protocolVersion === 4) await forged;
        else await assert.rejects(forged, (error) => troubleOf(error) === 'not-allowed');
      }
      await two.transport.publish('ftte/v1/clinic/gw/gw-2/sync', bytes('genuine'));
      await coordinator.session.send(ack, 'gw-2');
      await one.transport.subscribe('ftte/v1/clinic/to/gw-1/ack', () => undefined);
      await Promise.all([atCoordinator.upTo(1), proper.upTo(1)]);
      assert.deepEqual(atCoordinator.texts, ['genuine']);
      assert.equal(proper.deliveries.length, 1);
      assert.deepEqual(
        spied.texts.filter((text) => !text.includes('gw-1')),
        [],
      );
    });
  });
}
