import { deepEqual, equal, ok } from 'node:assert/strict';
import { connectAsync, type MqttClient, type OnMessageCallback } from 'mqtt';
import { createCoordinator, type FederationCoordinator } from '../../../../gateway';
import { diagnose } from '../../../../gateway/diagnosis';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { silentLog, systemClock, systemRandom } from '../../../../gateway/platform';
import { decodeMessage, isProbe, probeBytes } from '../../../../gateway/wire';
import { findProgram, type Mosquitto, startMosquitto } from '../../../../tools/support/mosquitto';
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
    return decodeMessage(payload, undefined, { sender: type === 'presence' ? 'coordinator' : undefined });
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

  it('are not reported as lost while a diagnosis checks the rights to their topics', async () => {
    const probed = new Set<string>();
    other.on('message', (topic, payload) => void (isProbe(payload) && probed.add(topic)));
    await other.subscribeAsync('ftte/v1/clinic/#', { qos: 1 });
    const target = {
      url: `mqtt://127.0.0.1:${broker.port}`,
      federation: 'clinic',
      gateway: 'coordinator',
    };
    const levels: string[] = [];
    const random = systemRandom();
    for await (const { check, level } of diagnose({ target, clock: systemClock, random, listenMs: 300 }))
      levels.push(`${check}: ${level}`);
    ok(levels.includes('coordinator rights: ok'), levels.join('\n'));
    for (const type of ['presence', 'claim', 'task', 'head']) {
      ok(probed.has(topicOf(type)), `${type} was not probed`);
      equal((await retained(type)).type, type);
    }
    deepEqual(notices, []);
  });

  it('come back after a probe was retained in place of the task', async () => {
    const repaired = new Promise<void>((resolve) => {
      other.on('message', (_topic, payload) => payload.length > 1 && resolve());
    });
    await other.publishAsync(topicOf('task'), Buffer.from(probeBytes), { qos: 1, retain: true });
    await other.subscribeAsync(topicOf('task'), { qos: 1 });
    await repaired;
    equal((await retained('task')).type, 'task');
  });
});
