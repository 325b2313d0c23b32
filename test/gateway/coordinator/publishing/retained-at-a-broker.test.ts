import { equal, ok } from 'node:assert/strict';
import { connectAsync, type MqttClient, type OnMessageCallback } from 'mqtt';
import { createCoordinator, type FederationCoordinator } from '../../../../gateway';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { silentLog, systemClock } from '../../../../gateway/platform';
import { decodeMessage } from '../../../../gateway/wire';
import { findProgram, type Mosquitto, startMosquitto } from '../../transport/mosquitto';
import { mqttClient } from '../../transport/mqtt-bench';
import { tinyTask, until } from '../fleet-harness';

const define = findProgram('mosquitto') ? describe : describe.skip;

define('retained messages at a Mosquitto', () => {
  let broker: Mosquitto;
  let coordinator: FederationCoordinator;
  let other: MqttClient;
  const notices: string[] = [];

  beforeEach(async () => {
    broker = await startMosquitto();
    const url = `mqtt://127.0.0.1:${broker.port}`;
    coordinator = await createCoordinator({
      federation: 'clinic',
      broker: (will) => mqttClient(url, { will }),
      task: tinyTask(),
      createTrainer: () => new InlineTrainer(createEngine(), systemClock),
      log: silentLog,
      leaseWaitMs: 20,
    });
    notices.length = 0;
    coordinator.on('notice', (notice) => {
      if (notice.code === 'retained-lost') notices.push(notice.text);
    });
    other = await connectAsync(url);
    await until(() => coordinator.status.phase === 'collecting');
    for (const type of ['presence', 'claim', 'task', 'head']) await retained(type);
  });
  afterEach(async () => {
    await other.endAsync(true);
    await coordinator.close();
    await broker.stop();
  });

  const topicOf = (type: string) =>
    `ftte/v1/clinic/${type === 'presence' ? 'gw/coordinator' : 'all'}/${type}`;

  /** The message that a client receives first when it subscribes now. */
  async function retained(type: string): Promise<ReturnType<typeof decodeMessage>> {
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    const came = new Promise<Parameters<OnMessageCallback>>((resolve) => {
      client.on('message', (...message) => resolve(message));
    });
    await client.subscribeAsync(topicOf(type));
    const [, payload, packet] = await came;
    await client.endAsync(true);
    ok(packet.retain);
    return decodeMessage(payload);
  }

  for (const type of ['claim', 'task', 'head', 'presence'])
    for (const [what, bytes] of [
      ['cleared', Buffer.alloc(0)],
      ['overwritten', Buffer.from('something else')],
    ] as const)
      it(`come back after the ${type} was ${what}`, async () => {
        // The answer has another time or sequence, so it is awaited on the topic.
        const repaired = new Promise<void>((resolve) => {
          let foreign = false;
          other.on('message', (_topic, payload) => {
            if (foreign && payload.length > bytes.length) resolve();
            foreign ||= payload.equals(bytes);
          });
        });
        await other.subscribeAsync(topicOf(type), { qos: 1 });
        await other.publishAsync(topicOf(type), bytes, { qos: 1, retain: true });
        await repaired;
        const message = await retained(type);
        equal(message.type, type);
        equal(message.sender, 'coordinator');
        if (message.type === 'presence') equal(message.online, true);
        equal(notices.length, 1, notices.join('\n'));
      });
});
