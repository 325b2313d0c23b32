import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type MqttTransport, type MqttTransportOptions, troubleOf } from '../../../gateway/transport';
import { freePort } from '../../../tools/support/free-port';
import { findProgram, startWebSocketMosquitto } from '../../../tools/support/mosquitto';
import { type CertificateFiles, mosquittoTls, selfSigned } from './certificate';
import { mqttClient } from './mqtt-bench';
import { bytes, firstError, Inbox, Relay, reached } from './tools';

const describeBroker = findProgram('mosquitto') ? describe : describe.skip;

describeBroker('MQTT over WebSockets (Mosquitto)', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function broker(lines?: readonly string[], files?: CertificateFiles): Promise<number> {
    const started = await startWebSocketMosquitto(lines, files);
    ends.push(() => started.stop());
    return started.port;
  }

  function client(url: string, options: Partial<MqttTransportOptions> = {}): MqttTransport {
    const made = mqttClient(url, options);
    ends.push(() => made.close());
    made.open();
    return made;
  }

  for (const [name, protocolVersion] of [
    ['3.1.1', 4],
    ['5', 5],
  ] as const) {
    it(`carries messages of more than one frame, and retained messages, over MQTT ${name}`, async () => {
      const url = `ws://127.0.0.1:${await broker()}/mqtt`;
      const [a, b] = [client(url, { protocolVersion }), client(url, { protocolVersion })];
      await Promise.all([reached(a, 'online'), reached(b, 'online')]);
      const [live, kept] = [new Inbox(), new Inbox()];
      await b.subscribe('t/live', live.take);
      const payload = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
      await a.publish('t/live', payload);
      await a.publish('t/kept', bytes('kept'), { retain: true });
      assert.deepEqual(Uint8Array.from((await live.upTo(1))[0]?.payload ?? []), payload);
      await b.subscribe('t/kept', kept.take);
      assert.equal((await kept.upTo(1))[0]?.retained, true);
    });
  }

  it('comes back after a cut with its subscriptions and its queue, and the broker publishes its will', async () => {
    const port = await broker();
    const relay = new Relay(port);
    const near = await relay.start();
    ends.push(() => relay.stop());
    const watch = client(`ws://127.0.0.1:${port}`);
    const wills = new Inbox();
    await watch.subscribe('t/will', wills.take);
    const a = client(`ws://127.0.0.1:${near}`, {
      will: { topic: 't/will', payload: bytes('gone'), retain: false },
    });
    const inbox = new Inbox();
    await a.subscribe('t/x', inbox.take);
    relay.cut();
    await reached(a, 'connecting');
    await a.publish('t/x', bytes('after'));
    assert.deepEqual((await inbox.upTo(1)) && inbox.texts, ['after']);
    await wills.upTo(1);
  });

  it('reports that no server answers, and that the server is not a broker', async () => {
    const none = client(`ws://127.0.0.1:${await freePort()}`);
    assert.equal(troubleOf(await firstError(none)), 'unreachable');
    const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const site = client(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/mqtt`);
    const error = await firstError(site);
    assert.equal(troubleOf(error), 'closed');
    assert.match(error.message, /404/);
  });

  describe('over TLS, with a self-signed certificate', () => {
    let files: CertificateFiles;
    before(function () {
      if (!findProgram('openssl')) this.skip();
      files = selfSigned(['DNS:localhost', 'DNS:broker.clinic']);
    });

    it('connects if the certificate is trusted, and recognises one that is not', async () => {
      const url = `wss://localhost:${await broker(mosquittoTls, files)}/mqtt`;
      const trusting = client(url, { tls: { ca: files['cert.pem'], rejectUnauthorized: true } });
      const inbox = new Inbox();
      await trusting.subscribe('t/x', inbox.take);
      await trusting.publish('t/x', bytes('secret'));
      await inbox.upTo(1);
      assert.equal(troubleOf(await firstError(client(url))), 'tls');
    });

    it('checks the certificate for the server name of its options', async () => {
      const url = `wss://127.0.0.1:${await broker(mosquittoTls, files)}/mqtt`;
      const ca = files['cert.pem'];
      assert.equal(troubleOf(await firstError(client(url, { tls: { ca } }))), 'tls');
      await reached(client(url, { tls: { ca, servername: 'broker.clinic' } }), 'online');
    });
  });
});
