import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { HostedBroker } from '../../../../gateway/transport';
import { loadCertificate } from '../../../../gateway/transport/hosted/server-certificate';
import { WebSocketStream } from '../../../../gateway/transport/hosted/websocket-stream';
import { findProgram } from '../../../../tools/support/mosquitto';
import { type CertificateFiles, selfSigned } from '../certificate';
import { BareClient } from './bare-client';
import { hostedBrokers } from './hosted-brokers';

const shared = { username: 'clinic', password: 'shared' };
const elsewhere = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

describe('the port of the hosted broker', () => {
  const { log, started, connected } = hostedBrokers(shared);

  it('speaks MQTT and MQTT over WebSockets, with the same users, rights and limits', async () => {
    const broker = await started();
    const address = `127.0.0.1:${broker.port}`;
    const [plain, web] = [await connected(`mqtt://${address}`), await connected(`ws://${address}/mqtt`)];
    await web.subscribe('ftte/v1/clinic/all/#');
    await plain.subscribe('ftte/v1/clinic/gw/#');
    // Lengths for each of the three forms of a frame's header.
    for (const length of [10, 1000, 100_000]) {
      await plain.publish('ftte/v1/clinic/all/head', 'p'.repeat(length));
      await web.publish('ftte/v1/clinic/gw/a/sync', 'w'.repeat(length));
      await Promise.all([web.until('p'.repeat(length)), plain.until('w'.repeat(length))]);
    }
    assert.equal(await web.subscribe('#'), 128);
    await web.publish('elsewhere', 'x');
    assert.equal(broker.counts.refusedTopics, 2);
    await assert.rejects(BareClient.connect(`ws://${address}`, { ...shared, password: 'wrong' }), {
      code: 4,
    });
    const large = web.closed();
    void web.publish('ftte/v1/clinic/gw/a/sync', Buffer.alloc(2 ** 20 + 1));
    await large;
    assert.match(log.texts('broker-limit')[0] ?? '', /a packet of more than \d+ bytes ended/);
  });

  it('refuses MQTT 5 with the code for its version, so that clients come back with 3.1.1', async () => {
    const { url } = await started();
    await assert.rejects(BareClient.connect(url, { ...shared, protocolVersion: 5 }), { code: 1 });
  });

  it('answers a browser with a sentence, and drops what is neither MQTT nor HTTP', async () => {
    const broker = await started();
    const status = await new Promise((resolve) => {
      get(`http://127.0.0.1:${broker.port}/`, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    assert.equal(status, 426);
    const socket = connect(broker.port, '127.0.0.1').on('error', () => undefined);
    socket.write('SSH-2.0-OpenSSH_9.6\r\n');
    await once(socket, 'close');
    assert.match(log.texts('login-refused')[0] ?? '', /from 127\.0\.0\.1: what it sent is not MQTT/);
  });

  (findProgram('openssl') ? describe : describe.skip)('with a certificate', () => {
    let files: CertificateFiles;
    let folder: string;
    const path = (name: string) => join(folder, name);
    before(() => {
      files = selfSigned();
      folder = mkdtempSync(join(tmpdir(), 'ftte-certificate-'));
      for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content);
      writeFileSync(path('other-key.pem'), selfSigned()['key.pem']);
      writeFileSync(path('text.pem'), 'no certificate');
    });
    after(() => rmSync(folder, { recursive: true, force: true }));
    const given = () => ({ certFile: path('cert.pem'), keyFile: path('key.pem') });

    it('speaks TLS, plain for programs of this machine, and both over WebSockets', async () => {
      const broker = await started({ tls: given() });
      const ca = files['cert.pem'];
      const clients: BareClient[] = [];
      for (const scheme of ['mqtt', 'mqtts', 'ws', 'wss'])
        clients.push(await connected(`${scheme}://localhost:${broker.port}`, { ...shared, ca }));
      for (const client of clients) await client.subscribe('ftte/v1/clinic/all/head');
      await clients[3]?.publish('ftte/v1/clinic/all/head', 'for all'.repeat(20_000));
      await Promise.all(clients.map((client) => client.until('for all'.repeat(20_000))));
      // A refusal reaches a client over TLS, too.
      const wrong = { ...shared, password: 'wrong', ca };
      await assert.rejects(BareClient.connect(`mqtts://localhost:${broker.port}`, wrong), { code: 4 });
      await assert.rejects(BareClient.connect(`wss://localhost:${broker.port}`, wrong), { code: 4 });
    });

    it('refuses other machines without TLS, and says so', async function () {
      if (!elsewhere) this.skip();
      const broker = await started({ tls: given(), host: '0.0.0.0' });
      for (const scheme of ['mqtt', 'ws'])
        await assert.rejects(BareClient.connect(`${scheme}://${elsewhere}:${broker.port}`, shared));
      const secure = { ...shared, rejectUnauthorized: false };
      await connected(`mqtts://${elsewhere}:${broker.port}`, secure);
      assert.match(log.texts('login-refused')[0] ?? '', /it came without TLS; use mqtts:\/\/ or wss:\/\//);
    });

    it('counts a client that does not trust it, and one that asks for TLS at a broker without a certificate', async () => {
      const [secured, plain] = [await started({ tls: given() }), await started()];
      await assert.rejects(BareClient.connect(`mqtts://localhost:${secured.port}`, shared));
      await assert.rejects(BareClient.connect(`mqtts://localhost:${plain.port}`, shared));
      assert.match(log.texts('login-refused').at(-1) ?? '', /TLS failed \(no certificate is set\)/);
    });

    for (const [what, change, expected] of [
      ['a missing certificate', { certFile: 'none.pem' }, /the certificate file .*none\.pem does not exist/],
      ['a missing key', { keyFile: 'none.pem' }, /the key file .*none\.pem does not exist/],
      ['a text for a certificate', { certFile: 'text.pem' }, /text\.pem is no certificate in PEM/],
      [
        'a text for a key',
        { keyFile: 'text.pem' },
        /text\.pem is no private key in PEM, or it needs a passphrase/,
      ],
      [
        'a key of another certificate',
        { keyFile: 'other-key.pem' },
        /other-key\.pem is not the key of .*cert\.pem/,
      ],
    ] as const) {
      it(`does not start with ${what}, and names the file`, async () => {
        const named = Object.fromEntries(Object.entries(change).map(([key, name]) => [key, path(name)]));
        const broker = new HostedBroker({ port: 0, tls: { ...given(), ...named } });
        await assert.rejects(broker.start(), { code: 'config-invalid', message: expected });
      });
    }

    it('does not start with a certificate that has ended or has not begun, and warns 14 days before the end', async () => {
      const { validFrom, validTo } = new X509Certificate(files['cert.pem']);
      const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
      await assert.rejects(loadCertificate(given(), to + 1), /cert\.pem ended on \d{4}-\d\d-\d\d; renew/);
      await assert.rejects(
        loadCertificate(given(), from - 1),
        /is valid from .*; is the clock of this machine right/,
      );
      const { endsSoon } = await loadCertificate(given(), from);
      assert.match(endsSoon ?? '', /ends on \d{4}-\d\d-\d\d, in \d+ days; renew the certificate/);
    });
  });
});

/** A socket whose other end is a test. */
class Wire extends Duplex {
  readonly sent: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent.push(chunk);
    done();
  }
}

/** A frame of a client (RFC 6455, 5.2). */
function frame(opcode: number, payload: Buffer, { isFinal = true, isMasked = true } = {}): Buffer {
  const mask = Buffer.from([7, 81, 200, 3]);
  const form = payload.length < 126 ? payload.length : payload.length < 65_536 ? 126 : 127;
  const header = Buffer.alloc(form === 126 ? 4 : form === 127 ? 10 : 2);
  header[0] = (isFinal ? 0x80 : 0) | opcode;
  header[1] = form | (isMasked ? 0x80 : 0);
  if (form === 126) header.writeUInt16BE(payload.length, 2);
  if (form === 127) header.writeBigUInt64BE(BigInt(payload.length), 2);
  const body = isMasked ? payload.map((byte, i) => byte ^ mask[i & 3]!) : payload;
  return Buffer.concat([header, ...(isMasked ? [mask] : []), body]);
}

describe('a WebSocket of the hosted broker', () => {
  async function read(bytes: Buffer, cuts: readonly number[]) {
    const wire = new Wire();
    const stream = new WebSocketStream(wire, Buffer.alloc(0));
    const got: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => got.push(Buffer.from(chunk)));
    stream.on('error', () => undefined);
    const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
    for (const [i, from] of [0, ...places].entries())
      wire.push(bytes.subarray(from, places[i] ?? bytes.length));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    return { data: Buffer.concat(got), sent: Buffer.concat(wire.sent), stream };
  }

  it('gives the bytes of its messages, in frames of any kind and cut anywhere, and answers pings', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 })), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        async (parts, cuts) => {
          const frames = parts.flatMap(([isFinal, payload], i) => [
            frame(i > 0 && !parts[i - 1]![0] ? 0 : 2, Buffer.from(payload), { isFinal }),
            frame(9, Buffer.from('ping')),
          ]);
          const { data, sent } = await read(Buffer.concat(frames), cuts);
          assert.deepEqual(data, Buffer.concat(parts.map(([, payload]) => payload)));
          assert.deepEqual(
            sent,
            Buffer.concat(parts.map(() => Buffer.from([0x8a, 4, ...Buffer.from('ping')]))),
          );
        },
      ),
      { numRuns: 300 },
    ));

  for (const [what, bytes, code] of [
    ['is not masked', frame(2, Buffer.from('x'), { isMasked: false }), 1002],
    ['has a reserved bit', Buffer.from([0xc2, 0x80, 0, 0, 0, 0]), 1002],
    ['is a ping in parts', frame(9, Buffer.alloc(1), { isFinal: false }), 1002],
    ['is a ping of 200 bytes', frame(9, Buffer.alloc(200)), 1002],
    ['is a text', frame(1, Buffer.from('x')), 1003],
    ['announces 2^63 bytes', Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
    ['is a goodbye', frame(8, Buffer.from([3, 232])), 1000],
  ] as const) {
    it(`ends with code ${code} at a frame that ${what}`, async () => {
      const { data, sent, stream } = await read(Buffer.concat([bytes, frame(2, Buffer.from('after'))]), []);
      assert.deepEqual([data.length, sent.readUInt16BE(2)], [0, code]);
      assert.ok(stream.readableEnded || stream.destroyed);
    });
  }

  it('never throws, whatever bytes come', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        async (bytes, cuts) => {
          await read(Buffer.from(bytes), cuts);
        },
      ),
      { numRuns: 500 },
    ));
});
