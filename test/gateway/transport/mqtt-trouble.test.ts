import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { noticeCodeOf, VirtualClock } from '../../../gateway/platform';
import {
  HostedBroker,
  MqttTransport,
  type MqttTransportOptions,
  troubleOf,
} from '../../../gateway/transport';
import { freePort } from '../../../tools/support/free-port';
import {
  findProgram,
  type Mosquitto,
  type MosquittoOptions,
  startMosquitto,
} from '../../../tools/support/mosquitto';
import { type CertificateFiles, mosquittoTls, selfSigned } from './certificate';
import { mqttClient } from './mqtt-bench';
import { bytes, firstError, Inbox, Relay, reached } from './tools';

describe('MQTT transport in trouble', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function hosted(options: Partial<ConstructorParameters<typeof HostedBroker>[0]> = {}) {
    const broker = new HostedBroker({ port: 0, ...options });
    ends.push(() => broker.stop());
    await broker.start();
    return broker;
  }

  async function mosquitto(options: MosquittoOptions): Promise<Mosquitto> {
    const broker = await startMosquitto(options);
    ends.push(() => broker.stop());
    return broker;
  }

  function client(url: string, options: Partial<MqttTransportOptions> = {}): MqttTransport {
    const made = mqttClient(url, options);
    ends.push(() => made.close());
    return made;
  }

  it('says that NATS before 2.10 takes no dot in a name, as a server does that closes the connection', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.destroy());
    }).listen(0, '127.0.0.1');
    ends.push(async () => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const will = { topic: 'ftte/v2/clinic/gw/bed.1/presence', payload: bytes('gone'), retain: true };
    const a = client(`mqtt://127.0.0.1:${port}`, { will });
    const failed = firstError(a);
    a.open();
    assert.match((await failed).message, /NATS before 2\.10 does so for a name with a dot, as in .*bed\.1/);
  });

  it('reports once that a broker is not reachable, and comes online when it is', async () => {
    const port = await freePort();
    const a = client(`mqtt://127.0.0.1:${port}`);
    const failed = firstError(a);
    const errors: Error[] = [];
    let attempts = 0;
    const thirdAttempt = new Promise<void>((resolve) => {
      a.onState((state, error) => {
        if (error) errors.push(error);
        if (state === 'connecting' && ++attempts === 3) resolve();
      });
    });
    a.open();
    assert.equal(troubleOf(await failed), 'unreachable');
    assert.match((await failed).message, new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED`));
    await thirdAttempt;
    assert.equal(errors.length, 1);
    assert.equal(troubleOf(a.lastError), 'unreachable');
    await hosted({ port });
    await reached(a, 'online');
    assert.equal(a.lastError, undefined);
  });

  const secured = { username: 'clinic', password: 'right' };
  const wrongPassword = async (url: string, options: Partial<MqttTransportOptions>) => {
    const a = client(url, { username: 'clinic', password: 'wrong', ...options });
    const failed = firstError(a);
    a.open();
    assert.equal(troubleOf(await failed), 'credentials');
    const b = client(url, { ...secured, ...options });
    b.open();
    await reached(b, 'online');
  };

  it('recognises a wrong password at the hosted broker, and connects with the right one', async () => {
    await wrongPassword((await hosted(secured)).url, {});
  });

  it('says of a client without a user that it needs one, or an invitation', async () => {
    const a = client((await hosted(secured)).url);
    const failed = firstError(a);
    a.open();
    assert.equal(troubleOf(await failed), 'no-login');
    assert.equal(noticeCodeOf(await failed), 'broker-no-login');
    assert.match((await failed).message, /enter the invitation of the coordinator .*, or user and password/);
  });

  for (const protocolVersion of [4, 5] as const) {
    const title = `recognises a wrong password at Mosquitto over MQTT ${protocolVersion === 4 ? '3.1.1' : '5'}`;
    (findProgram('mosquitto') ? it : it.skip)(title, async () => {
      const broker = await mosquitto({ users: { clinic: 'right' } });
      await wrongPassword(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion });
    });
  }

  (findProgram('mosquitto') ? it : it.skip)(
    'names the client id where Mosquitto allows only others',
    async () => {
      const { port } = await mosquitto({ lines: ['clientid_prefixes only-'] });
      for (const protocolVersion of [4, 5] as const) {
        const a = client(`mqtt://127.0.0.1:${port}`, { protocolVersion });
        const failed = firstError(a);
        a.open();
        assert.match(
          (await failed).message,
          /user name or password, or allows only other client ids than .*"ftte-"/,
        );
      }
    },
  );

  it('changes to MQTT 3.1.1 at once if the broker does not speak 5', async () => {
    const a = client((await hosted()).url, { backoff: { minMs: 60_000 } });
    a.open();
    await reached(a, 'online');
    assert.equal(a.protocolVersion, 4);
  });

  (findProgram('mosquitto') ? it : it.skip)('speaks MQTT 5 if the broker does (Mosquitto)', async () => {
    const a = client(`mqtt://127.0.0.1:${(await mosquitto({})).port}`);
    a.open();
    await reached(a, 'online');
    assert.equal(a.protocolVersion, 5);
  });

  (findProgram('mosquitto') ? it : it.skip)(
    'takes the limit that the broker announces for packets (Mosquitto, MQTT 5)',
    async () => {
      const broker = await mosquitto({ lines: ['max_packet_size 5000'] });
      const a = client(`mqtt://127.0.0.1:${broker.port}`);
      a.open();
      await reached(a, 'online');
      assert.equal(a.maxPayloadBytes, 5000 - 192);
      const inbox = new Inbox();
      // As long as the longest topic of the protocol.
      const topic = `t/${'x'.repeat(147)}`;
      await a.subscribe(topic, inbox.take);
      await a.publish(topic, new Uint8Array(a.maxPayloadBytes));
      await inbox.upTo(1);
    },
  );

  (findProgram('mosquitto') ? it : it.skip)(
    'rejects a publish and a subscription that an ACL forbids (Mosquitto, MQTT 5)',
    async () => {
      const broker = await mosquitto({ acl: ['topic readwrite mine/#'] });
      const a = client(`mqtt://127.0.0.1:${broker.port}`);
      a.open();
      const refused = (error: unknown) => troubleOf(error) === 'not-allowed';
      await assert.rejects(a.publish('theirs/x', bytes('x')), refused);
      await a.publish('mine/x', bytes('x'));
      assert.equal(a.state, 'online');
    },
  );

  it('waits twice as long after each failure, from 1 s to 60 s, with a jitter of a quarter', async () => {
    const port = await freePort();
    const clock = new VirtualClock();
    const waits: number[] = [];
    let failed: () => void = () => undefined;
    const noted = {
      now: () => clock.now(),
      after: (ms: number, action: () => void) => {
        waits.push(ms);
        queueMicrotask(() => failed());
        return clock.after(ms, action);
      },
    };
    const a = new MqttTransport({ url: `mqtt://127.0.0.1:${port}`, clientId: 'x', clock: noted });
    ends.push(() => a.close());
    for (let i = 0; i < 8; i++) {
      const next = new Promise<void>((resolve) => {
        failed = resolve;
      });
      if (i === 0) a.open();
      else clock.advance(75_000);
      await next;
    }
    waits.forEach((ms, i) => {
      const step = Math.min(60_000, 1000 * 2 ** i);
      assert.ok(ms >= 0.75 * step && ms <= 1.25 * step, `wait ${i} was ${ms} ms`);
    });
  });

  it('survives bytes that are not MQTT', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume().end(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => new Promise((resolve) => server.close(() => resolve())));
    const a = client(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const failed = firstError(a);
    a.open();
    assert.equal(((await failed) as { code?: string }).code, 'broker');
  });

  it('reports why the broker ended the connection, if the broker says so (MQTT 5)', async () => {
    // The server sends CONNACK, and at the next packet of the client DISCONNECT with reason 142 (session taken over).
    const answers = [Buffer.from([0x20, 3, 0, 0, 0]), Buffer.from([0xe0, 2, 0x8e, 0])];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      let at = 0;
      socket.on('data', () => {
        const answer = answers[at++];
        if (answer && at === answers.length) socket.end(answer);
        else if (answer) socket.write(answer);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => new Promise((resolve) => server.close(() => resolve())));
    const a = client(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
    a.open();
    await reached(a, 'online');
    const failed = firstError(a);
    const sent = assert.rejects(a.publish('t/x', bytes('x')), { code: 'offline' });
    assert.match((await failed).message, /another client connected with the id "client-/);
    await a.close();
    await sent;
  });

  it('closes in bounded time if the broker accepts nothing any more', async () => {
    const broker = await hosted();
    const relay = new Relay(broker.port);
    ends.push(() => relay.stop());
    const a = client(`mqtt://127.0.0.1:${await relay.start()}`, { drainTimeoutMs: 50 });
    a.open();
    await reached(a, 'online');
    relay.freeze();
    const lost = assert.rejects(a.publish('t/x', bytes('x')), { code: 'offline' });
    await a.close();
    await lost;
  });

  for (const url of ['', 'broker.local', 'http://x', 'mqtt://', 'mqtt:']) {
    it(`refuses ${JSON.stringify(url)} as a URL`, () => {
      assert.throws(() => new MqttTransport({ url, clientId: 'x' }), { code: 'config-invalid' });
    });
  }

  describe('over TLS (Mosquitto with a self-signed certificate)', () => {
    let files: CertificateFiles;
    const usable = findProgram('openssl') && findProgram('mosquitto');

    before(function () {
      if (!usable) this.skip();
      files = selfSigned();
    });

    const secure = async () => {
      const broker = await mosquitto({ files, lines: mosquittoTls });
      return `mqtts://localhost:${broker.port}`;
    };

    it('connects if the certificate is trusted', async () => {
      const a = client(await secure(), { tls: { ca: files['cert.pem'] } });
      a.open();
      await reached(a, 'online');
      const inbox = new Inbox();
      await a.subscribe('t/x', inbox.take);
      await a.publish('t/x', bytes('secret'));
      await inbox.upTo(1);
    });

    it('recognises a certificate that is not trusted', async () => {
      const a = client(await secure());
      const failed = firstError(a);
      a.open();
      assert.equal(troubleOf(await failed), 'tls');
    });
  });
});
