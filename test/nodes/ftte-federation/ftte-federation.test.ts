import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { HostedBroker } from '../../../gateway/transport';

import federationNode = require('../../../nodes/ftte-federation/ftte-federation');

import { type FederationHandle, federationOf } from '../../../nodes/runtime';
import { freePort } from '../../../tools/support/free-port';
import { BareClient } from '../../gateway/transport/hosted/bare-client';
import { idleMs } from '../../support/elapsed';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

const node = (id: string, changes: object) => ({
  id,
  type: 'ftte-federation',
  // A property equal to a node's id would be a reference to it.
  name: `node ${id}`,
  federation: 'clinic',
  gateway: `gw-${id}`,
  broker: 'hosted',
  ...changes,
});
const load = (nodes: object[], credentials?: Record<string, object>) =>
  helper.load(federationNode, [{ id: 'tab', type: 'tab', label: 'test' }, ...nodes], credentials);
/** The core's node, which has no types. */
const tlsNode: typeof federationNode = createRequire(__filename)('@node-red/nodes/core/network/05-tls');
const RED = { nodes: { getNode: (id: string) => helper.getNode(id) } } as never;
const handle = (id: string) => federationOf(RED, id);

/** Resolves at the first state that fits. */
function reaches(federation: FederationHandle, expected: string, message = /^/): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const off: { now?: () => void } = {};
    off.now = federation.onConnection((state, error) => {
      if (state !== expected || !message.test(error?.message ?? '')) return;
      resolve(error);
      setImmediate(() => off.now?.());
    });
  });
}

const recoveries = () => logged('info', 'a').filter((line) => line.includes('[broker-recovered]'));

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

describe('the federation node', () => {
  const context = useNodeRed();

  it('hosts a broker with users of their own and one password for all, and needs neither itself', async () => {
    const port = await freePort();
    await load([node('a', { port })], { a: { user: 'clinic', password: 'shared' } });
    const federation = handle('a');
    await reaches(federation, 'online');
    const { hostedBroker } = federation;
    const role = { kind: 'gateway', federation: 'clinic', gateway: 'pi-1' } as const;
    await hostedBroker?.addUser({ name: 'pi-1', role }, 'of pi-1');
    const url = `mqtt://127.0.0.1:${port}`;
    const [one, all] = [
      await BareClient.connect(url, { username: 'pi-1', password: 'of pi-1' }),
      await BareClient.connect(url, { username: 'clinic', password: 'shared' }),
    ];
    await one.publish('ftte/v1/clinic/all/claim', 'forged');
    await all.publish('ftte/v1/clinic/all/claim', '');
    assert.equal(hostedBroker?.counts.refusedTopics, 1);
    assert.equal(hostedBroker?.counts.clients, 3);
    assert.match(
      logged('warn').join('\n'),
      /\[topic-refused\] hosted broker: the user "pi-1" may not publish/,
    );
    await hostedBroker?.removeUser('pi-1');
    await one.closed();
    await Promise.all([one.end(), all.end()]);
  });

  it('stays offline with a certificate configuration that holds no certificate, and names the field', async () => {
    const tls = { id: 'tls', type: 'tls-config', cert: 'missing.pem', key: 'missing.pem', ca: '' };
    const port = await freePort();
    const nodes = [tls, node('a', { port, certificate: 'tls' })];
    await helper.load([federationNode, tlsNode], [{ id: 'tab', type: 'tab', label: 'test' }, ...nodes]);
    assert.throws(
      () => handle('a'),
      /certificate: expected a TLS configuration with a certificate and its private key/,
    );
    assert.equal(await canConnect(port), false);
  });

  it('hosts a broker, is its client, and offers the connection to other nodes', async () => {
    const port = await freePort();
    await load([node('a', { port })]);
    const federation = handle('a');
    await reaches(federation, 'online');
    assert.equal(federation.federation, 'clinic');
    assert.equal(federation.gatewayId, 'gw-a');
    assert.equal(federation.folder, join(context.userDir, 'ftte', 'a'));
    assert.deepEqual(logged('error'), []);
  });

  it('shares the hosted broker with other nodes at the same port, until the last one has gone', async () => {
    const port = await freePort();
    await load([node('a', { port }), node('b', { port })]);
    const heard = new Promise<string>((resolve) => {
      void handle('a').session.subscribe('sync', (message) => resolve(message.sender));
    });
    await Promise.all([reaches(handle('a'), 'online'), reaches(handle('b'), 'online')]);
    // It reaches a, however far the subscription is: sync is sent again until it arrives.
    const send = () => handle('b').session.send({ type: 'sync', lineage: '0'.repeat(16), version: -1 });
    const repeat = setInterval(() => void send().catch(() => undefined), 20);
    assert.equal(await heard, 'gw-b');
    clearInterval(repeat);
    await helper.unload();
    assert.equal(await canConnect(port), false);
  });

  it('waits for nodes that hold a role, delivers what they sent last, and only then disconnects', async () => {
    const port = await freePort();
    await load([node('a', { port })]);
    const federation = handle('a');
    await reaches(federation, 'online');
    const release = federation.acquireRole('participant', helper.getNode('a') as never);
    const order: string[] = [];
    const unloaded = helper.unload().then(() => order.push('closed'));
    await new Promise((resolve) => setImmediate(resolve));
    const { bytes } = await federation.session.send({ type: 'sync', lineage: '0'.repeat(16), version: -1 });
    assert.ok(bytes > 0);
    order.push('sent');
    release();
    await unloaded;
    assert.deepEqual(order, ['sent', 'closed']);
  });

  it('closes at once while the broker is away', async () => {
    const port = await freePort();
    await load([node('a', { broker: 'url', url: `mqtt://127.0.0.1:${port}` })]);
    const { release } = handle('a').acquireFollower();
    await reaches(handle('a'), 'offline', /cannot be reached/);
    assert.ok((await idleMs(() => Promise.all([release(), helper.unload()]))) < 2000);
  });

  it('says once that a broker cannot be reached, not at each attempt', async () => {
    const port = await freePort();
    await load([node('a', { broker: 'url', url: `mqtt://127.0.0.1:${port}` })]);
    const failed = () => reaches(handle('a'), 'offline', /cannot be reached/);
    await failed();
    await reaches(handle('a'), 'connecting');
    await failed();
    assert.equal(logged('error', 'a').length, 1);
    assert.deepEqual(logged('warn', 'a'), []);
    assert.match(logged('error', 'a')[0] ?? '', /cannot be reached/);
  });

  it('says that the password is wrong, without saying the password', async () => {
    const broker = new HostedBroker({ port: 0, username: 'clinic', password: 'right' });
    await broker.start();
    try {
      await load([node('a', { broker: 'url', url: broker.url })], {
        a: { user: 'clinic', password: 'wr0ng' },
      });
      const error = await reaches(handle('a'), 'offline', /user name or password/);
      assert.ok(error);
      assert.equal(logged('error', 'a').length, 1);
      assert.ok(!logged('error', 'a').join().includes('wr0ng'));
    } finally {
      await helper.unload();
      await broker.stop();
    }
  });

  it('reports that another program has the port', async () => {
    const broker = new HostedBroker({ port: 0 });
    await broker.start();
    try {
      await load([node('a', { port: broker.port })]);
      const error = await reaches(handle('a'), 'offline', /another program uses this port/);
      assert.ok(error);
    } finally {
      await helper.unload();
      await broker.stop();
    }
  });

  for (const [what, mine] of [
    ['the port of its own broker is free', (port: number) => ({ port })],
    ['a broker is there', (port: number) => ({ broker: 'url', url: `mqtt://127.0.0.1:${port}` })],
  ] as const) {
    it(`says once in the log that it is connected, as soon as ${what}`, async () => {
      const port = await freePort();
      const isHosted = 'port' in mine(port);
      const other = new HostedBroker({ port });
      if (isHosted) await other.start();
      try {
        await load([node('a', mine(port))]);
        await reaches(handle('a'), 'offline', isHosted ? /another program/ : /cannot be reached/);
        assert.deepEqual(recoveries(), []);
        await (isHosted ? other.stop() : other.start());
        await reaches(handle('a'), 'online');
        assert.equal(recoveries().length, 1);
        assert.match(
          recoveries()[0] ?? '',
          new RegExp(`the broker mqtt://127.0.0.1:${port} is connected: the trouble`),
        );
      } finally {
        await helper.unload();
        await other.stop();
      }
    });
  }

  it('says of no connection that it is over its trouble if there was none', async () => {
    await load([node('a', { port: await freePort() })]);
    await reaches(handle('a'), 'online');
    assert.deepEqual(recoveries(), []);
  });

  for (const [what, changes, reason] of [
    ['half filled in', { federation: '' }, /federation: expected a name, got an empty field/],
    ['open to the network without a password', { bind: '0.0.0.0' }, /password: expected one with a user/],
    ['without an address', { broker: 'url', url: '' }, /url: expected mqtt.*got an empty field/],
    [
      'with a TLS configuration that is missing',
      { broker: 'url', url: 'mqtts://x', tls: 'gone' },
      /tls: the chosen/,
    ],
  ] as const) {
    it(`warns and stays offline ${what}; a node that uses it gets the reason`, async () => {
      await load([node('a', changes)]);
      assert.match(logged('warn', 'a').join(), reason);
      assert.throws(() => handle('a'), reason);
    });
  }

  it('refuses a gateway id that another federation node of this process uses', async () => {
    const port = await freePort();
    await load([node('a', { port }), node('b', { port, gateway: 'gw-a' })]);
    assert.throws(() => handle('b'), /gateway: "gw-a" is already the id of the federation node "node a"/);
  });

  it('is distinguished from a node that is missing', () => {
    assert.throws(() => federationOf(RED, ''), /none is chosen/);
    assert.throws(
      () => federationOf({ nodes: { getNode: () => null } } as never, 'x'),
      /missing or disabled/,
    );
  });

  it('reports its connection to every listener, although one of them fails', async () => {
    const port = await freePort();
    const other = new HostedBroker({ port });
    await other.start();
    try {
      await load([node('a', { port })]);
      const failed = new Promise<void>((resolve) => {
        let told = 0;
        handle('a').onConnection(() => {
          // Not at the first time, which is the call itself.
          if (told++ === 0) return;
          resolve();
          throw new Error('a node in trouble');
        });
      });
      await failed;
      await other.stop();
      await reaches(handle('a'), 'online');
      assert.ok(logged('error').some((text) => text.includes('a node in trouble')));
    } finally {
      await other.stop();
    }
  });

  it('draws an id if its field is empty, keeps it, and shows it in its dialog, also before the first start', async () => {
    const shown = async () => {
      const { status, body } = await helper.request().get('/ftte/federation/gateway-id?id=drawing');
      assert.equal(status, 200);
      return (body as { gateway: string }).gateway;
    };
    await load([]);
    const before = await shown();
    assert.match(before, /^[a-z0-9-]+-[a-z0-9]{6}$/);
    const nodes = [node('drawing', { gateway: '', port: await freePort() })];
    await helper.setFlows(nodes);
    assert.equal(handle('drawing').gatewayId, before);
    const file = join(context.userDir, 'ftte', 'drawing', 'gateway-id.json');
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).gateway, before);
    handle('drawing').renewGatewayId();
    const next = await shown();
    assert.notEqual(next, before);
    assert.equal(handle('drawing').gatewayId, before);
  });
});
