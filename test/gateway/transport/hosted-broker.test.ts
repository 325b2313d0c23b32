import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type FtteError, noticeCodeOf } from '../../../gateway/platform';
import { HostedBroker } from '../../../gateway/transport';
import { freePort } from '../../../tools/support/free-port';
import { mqttClient } from './mqtt-bench';
import { bytes, Inbox, reached } from './tools';

describe('hosted broker', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function started(options: Partial<ConstructorParameters<typeof HostedBroker>[0]> = {}) {
    const broker = new HostedBroker({ port: 0, ...options });
    ends.push(() => broker.stop());
    await broker.start();
    return broker;
  }

  async function socketTo(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    ends.push(async () => socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  it('reports the port that it got if it asked for a free one', async () => {
    const broker = await started();
    assert.ok(broker.port > 0);
    assert.equal(broker.url, `mqtt://127.0.0.1:${broker.port}`);
  });

  for (const options of [
    { host: '0.0.0.0' },
    { host: '192.168.1.5', username: 'clinic' },
    { host: '::', password: 'x' },
    { host: '127.0.0.1', password: 'x' },
  ]) {
    it(`refuses ${JSON.stringify(options)}, which is open to others or has only a user or a password`, () => {
      assert.throws(() => new HostedBroker({ port: 0, ...options }), { code: 'config-invalid' });
    });
  }

  it('listens beyond loopback with a user and a password', async () => {
    const broker = await started({ host: '0.0.0.0', username: 'clinic', password: 'secret' });
    const client = mqttClient(broker.url, { username: 'clinic', password: 'secret' });
    ends.push(() => client.close());
    client.open();
    await reached(client, 'online');
  });

  it('names the port and the reason if the port is in use, and can be started once it is free', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const broker = new HostedBroker({ port });
    ends.push(() => broker.stop());
    await assert.rejects(broker.start(), (error: FtteError) => {
      assert.equal(error.message, `cannot listen on 127.0.0.1:${port}: another program uses this port`);
      assert.deepEqual([error.code, noticeCodeOf(error)], ['broker', 'broker-port-taken']);
      return true;
    });
    await new Promise((resolve) => other.close(resolve));
    await broker.start();
    assert.equal(broker.port, port);
  });

  it('ends all connections when it stops, also those that never sent a CONNECT', async () => {
    const broker = await started();
    const client = mqttClient(broker.url);
    ends.push(() => client.close());
    client.open();
    await reached(client, 'online');
    const silent = await socketTo(broker.port);
    const [gone, closed] = [reached(client, 'offline'), once(silent, 'close')];
    await broker.stop();
    await Promise.all([gone, closed]);
    await broker.stop();
  });

  it('starts again on its port, and clients come back with their subscriptions', async () => {
    const port = await freePort();
    const broker = await started({ port });
    const client = mqttClient(broker.url);
    ends.push(() => client.close());
    client.open();
    const inbox = new Inbox();
    await client.subscribe('ftte/v1/t/x', inbox.take);
    await broker.stop();
    await reached(client, 'offline');
    await broker.start();
    await client.publish('ftte/v1/t/x', bytes('again'));
    await inbox.upTo(1);
  });

  it('drops an unknown client at the header of a packet that is too large, before its body', async () => {
    const broker = await started({ maxPacketBytes: 1000 });
    const socket = await socketTo(broker.port);
    const closed = once(socket, 'close');
    // CONNECT of 200 000 bytes: the type, then the length in groups of 7 bits.
    socket.write(Buffer.from([0x10, 0xc0, 0x9a, 0x0c]));
    await closed;
  });

  it('accepts a packet of exactly the limit, in pieces of any size', async () => {
    const broker = await started({ maxPacketBytes: 4000 });
    const client = mqttClient(broker.url, { maxPayloadBytes: 100_000 });
    ends.push(() => client.close());
    client.open();
    const inbox = new Inbox();
    await client.subscribe('ftte/v1/t/x', inbox.take);
    // The topic with its length needs 13 bytes, the packet id 2.
    await client.publish('ftte/v1/t/x', new Uint8Array(4000 - 15));
    await client.publish('ftte/v1/t/x', new Uint8Array(10));
    await inbox.upTo(2);
    const gone = reached(client, 'offline');
    const refused = assert.rejects(client.publish('ftte/v1/t/x', new Uint8Array(4000 - 14)), {
      code: 'offline',
    });
    await gone;
    await client.close();
    await refused;
  });
});
