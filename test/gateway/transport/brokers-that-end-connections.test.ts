import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type Log, SeededRandom, silentLog, systemClock } from '../../../gateway/platform';
import { TransportSession } from '../../../gateway/session';
import { type MqttTransport, type MqttTransportOptions, troubleOf } from '../../../gateway/transport';
import type { BodyOf } from '../../../gateway/wire';
import { findProgram, startMosquitto } from '../../../tools/support/mosquitto';
import { mqttClient } from './mqtt-bench';
import { bytes, Inbox, reached } from './tools';

const versions = [
  ['3.1.1', 4],
  ['5', 5],
] as const;
const withMosquitto = findProgram('mosquitto') ? describe : describe.skip;

/** A log, and the lines that a person has to read. */
function notes(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const warn = (text: string) => void (text.endsWith('trying again') || lines.push(text));
  return { log: { ...silentLog, warn }, lines };
}

describe('brokers that end connections', () => {
  const ends: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  function client(port: number, options: Partial<MqttTransportOptions> = {}): MqttTransport {
    const made = mqttClient(`mqtt://127.0.0.1:${port}`, options);
    ends.push(() => made.close());
    return made;
  }

  async function mosquitto(lines: readonly string[]): Promise<number> {
    const broker = await startMosquitto({ lines });
    ends.push(() => broker.stop());
    return broker.port;
  }

  function session(transport: MqttTransport, id: string): TransportSession {
    const made = new TransportSession({
      transport,
      federation: 'f',
      id,
      clock: systemClock,
      random: new SeededRandom(id.length),
    });
    ends.push(() => made.stop());
    made.start();
    transport.open();
    return made;
  }

  const snapshot = (values: number): BodyOf<'snapshot'> => ({
    type: 'snapshot',
    lineage: '0'.repeat(16),
    version: 1,
    modelKey: '',
    parameters: new Float32Array(values).fill(0.5),
    average: new Float32Array(values).fill(0.25),
  });

  withMosquitto('at a message that is too large (Mosquitto)', () => {
    for (const [name, protocolVersion] of versions)
      for (const { setting, values } of [
        { setting: 'max_packet_size 1400', values: 800 },
        { setting: 'max_packet_size 4000', values: 800 },
        { setting: 'max_packet_size 65536', values: 20_000 },
        { setting: 'message_size_limit 65536', values: 20_000 },
      ]) {
        // A broker that drops in silence is noticed by the receiver alone.
        if (setting.startsWith('message') && protocolVersion === 4) continue;
        it(`gets it in parts (MQTT ${name}, ${setting}), which is said once`, async () => {
          const port = await mosquitto([setting]);
          const { log, lines } = notes();
          const sender = session(client(port, { protocolVersion, log }), 'coordinator');
          const receiver = session(client(port, { protocolVersion }), 'gw-1');
          const arrived: number[] = [];
          const whole = new Promise<void>((resolve) => {
            void receiver.subscribe('snapshot', ({ parameters }) => {
              arrived.push(parameters.length);
              if (arrived.length === 2) resolve();
            });
          });
          await receiver.subscribe('head', () => undefined);
          for (let i = 0; i < 2; i++) await sender.send(snapshot(values), 'gw-1');
          await whole;
          assert.deepEqual(arrived, [values, values]);
          const announced = protocolVersion === 5 && setting.startsWith('max');
          assert.equal(lines.length, announced ? 0 : 1, lines.join('\n'));
          if (!announced)
            assert.match(lines[0]!, /ends the connection at a message of \d+ bytes \(ftte.*snapshot\)/);
        });
      }
  });

  describe('after they acknowledged a message that is too large (aedes that does as Mosquitto over MQTT 3.1.1)', () => {
    async function acknowledging(limitBytes: number): Promise<number> {
      const { Aedes } = await import('aedes');
      const broker = await Aedes.createBroker({
        authorizePublish: (client, { messageId, payload }, done) => {
          if (payload.length <= limitBytes || !client || messageId === undefined) return done(null);
          // The client gets its PUBACK, then the end of the connection, and nobody gets the message.
          client.conn.end(Buffer.from([0x40, 2, messageId >> 8, messageId & 255]));
        },
      });
      const server = createServer(broker.handle).listen(0, '127.0.0.1');
      await once(server, 'listening');
      ends.push(async () => {
        await new Promise<void>((resolve) => broker.close(() => resolve()));
        server.close();
      });
      return (server.address() as AddressInfo).port;
    }

    it('get it again in parts, and it is said once', async () => {
      const port = await acknowledging(16_384);
      const { log, lines } = notes();
      const transport = client(port, { protocolVersion: 4, log });
      const sender = session(transport, 'coordinator');
      const receiver = session(client(port, { protocolVersion: 4 }), 'gw-1');
      const arrived = new Promise<number>((resolve) => {
        void receiver.subscribe('snapshot', ({ parameters }) => resolve(parameters.length));
      });
      await receiver.subscribe('head', () => undefined);
      await sender.send(snapshot(20_000), 'gw-1');
      assert.equal(await arrived, 20_000);
      assert.ok(transport.maxPayloadBytes <= 16_384, `parts of ${transport.maxPayloadBytes} bytes`);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0]!, /ends the connection at a message of \d+ bytes \(ftte.*snapshot\)/);
    });
  });

  withMosquitto('at retained messages (Mosquitto)', () => {
    for (const [name, protocolVersion] of versions)
      it(`gets them without that over MQTT ${name}, which is said once`, async () => {
        const port = await mosquitto(['retain_available false']);
        const { log, lines } = notes();
        const will = { topic: 't/will', payload: bytes('gone'), retain: true };
        const a = client(port, { protocolVersion, log, will });
        const b = client(port, { protocolVersion });
        const inbox = new Inbox();
        b.open();
        await b.subscribe('t/#', inbox.take);
        a.open();
        await a.publish('t/claim', bytes('one'), { retain: true });
        await a.publish('t/claim', bytes('two'), { retain: true });
        while (inbox.texts.at(-1) !== 'two') await inbox.upTo(inbox.deliveries.length + 1);
        assert.deepEqual(inbox.texts.slice(-2), ['one', 'two']);
        assert.equal(a.retains, false);
        assert.equal(lines.length, 1, lines.join('\n'));
        assert.match(lines[0]!, /retains no messages/);
      });
  });

  withMosquitto('because another client has the same id (Mosquitto)', () => {
    for (const [name, protocolVersion] of versions)
      it(`says so over MQTT ${name}`, async () => {
        const port = await mosquitto([]);
        const twins = [1, 2].map(() => client(port, { protocolVersion, clientId: 'twin' }));
        const suspicion = Promise.race(
          twins.map(
            (twin) =>
              new Promise<Error>((resolve) => {
                twin.onState((_state, error) => {
                  if (error && troubleOf(error) === 'duplicate-id') resolve(error);
                });
              }),
          ),
        );
        for (const twin of twins) twin.open();
        assert.match((await suspicion).message, /another client.*"twin"/);
      });
  });

  describe('at what an access list forbids (aedes)', () => {
    type Rules = { publish?: RegExp; subscribe?: RegExp };
    async function strict({ publish, subscribe }: Rules): Promise<number> {
      const { Aedes } = await import('aedes');
      const no = new Error('not authorised');
      const broker = await Aedes.createBroker({
        authorizePublish: (_client, { topic }, done) => done(publish?.test(topic) ? no : null),
        authorizeSubscribe: (_client, asked, done) => done(subscribe?.test(asked.topic) ? no : null, asked),
      });
      const server = createServer(broker.handle).listen(0, '127.0.0.1');
      await once(server, 'listening');
      ends.push(async () => {
        await new Promise<void>((resolve) => broker.close(() => resolve()));
        server.close();
      });
      return (server.address() as AddressInfo).port;
    }

    for (const { what, size, retain } of [
      { what: 'a small message', size: 200, retain: false },
      { what: 'a message that might be too large', size: 20_000, retain: false },
      { what: 'a retained message', size: 200, retain: true },
    ])
      it(`names the topic of ${what}, suspects no twin, and lets the others pass`, async () => {
        const port = await strict({ publish: /\/update$/ });
        const { log, lines } = notes();
        const a = client(port, { protocolVersion: 4, log });
        const errors: string[] = [];
        a.onState((_state, error) => void (error && errors.push(error.message)));
        a.open();
        const inbox = new Inbox();
        await a.subscribe('t/hello', inbox.take);
        const send = async (bytesLeft: number): Promise<void> => {
          // As a session does: smaller where that is asked for.
          const part = new Uint8Array(Math.min(bytesLeft, a.maxPayloadBytes));
          await a.publish('t/update', part, { retain }).catch((error) => {
            if (troubleOf(error) !== 'too-large') throw error;
            return send(bytesLeft);
          });
        };
        const refused = assert.rejects(send(size), (error: Error) => {
          assert.match(
            error.message,
            /ends the connection at a (retained )?message on t\/update .*may this user publish/,
          );
          return troubleOf(error) === 'not-allowed';
        });
        await a.publish('t/hello', bytes('one'));
        await refused;
        assert.deepEqual(
          errors.filter((text) => text.includes('another')),
          [],
        );
        assert.deepEqual(
          lines.filter((text) => !text.includes('trying again')),
          [],
        );
        await a.publish('t/hello', bytes('two'));
        while (!inbox.texts.includes('two')) await inbox.upTo(inbox.deliveries.length + 1);
        assert.ok(inbox.texts.includes('one'));
      });

    it('names a subscription, and stays connected without it', async () => {
      const port = await strict({ subscribe: /\/ack$/ });
      const a = client(port, { protocolVersion: 4 });
      a.open();
      const inbox = new Inbox();
      const granted = ['head', 'grant'].map((type) => a.subscribe(`t/${type}`, inbox.take));
      const refusal = /ends the connection at the subscription t\/ack: may this user subscribe/;
      await assert.rejects(a.subscribe('t/ack', inbox.take), refusal);
      await Promise.all(granted);
      await reached(a, 'online');
      await a.publish('t/grant', bytes('arrived'));
      await inbox.upTo(1);
      assert.deepEqual(inbox.texts, ['arrived']);
      await assert.rejects(a.subscribe('t/ack', inbox.take), { code: 'broker' });
      assert.equal(a.state, 'online');
    });
  });
});
