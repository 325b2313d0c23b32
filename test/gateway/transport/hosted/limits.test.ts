import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { VirtualClock } from '../../../../gateway/platform';
import type { HostedBroker } from '../../../../gateway/transport';
import { countedAddress } from '../../../../gateway/transport/hosted/address';
import { Connections } from '../../../../gateway/transport/hosted/connections';
import { limits } from '../../../../gateway/transport/hosted/limits';
import { LoginPauses } from '../../../../gateway/transport/hosted/login-pauses';
import { RetainedBudget } from '../../../../gateway/transport/hosted/retained-budget';
import { aMoment } from '../../../support/waiting';
import { BareClient } from './bare-client';
import { hostedBrokers } from './hosted-brokers';

const shared = { username: 'clinic', password: 'shared' };
const gatewayUser = {
  name: 'gw-1',
  role: { kind: 'gateway', federation: 'clinic', gateway: 'gw-1' },
} as const;

describe('limits of the hosted broker', () => {
  const { log, ends, started, connected } = hostedBrokers(shared);

  async function socketTo({ port }: HostedBroker): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    ends.push(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  /** Resolves when the condition holds; looked at whenever the loop has turned. */
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await aMoment();
  }

  it('let a client in while more idle connections than it takes are open, by ending the oldest', async () => {
    const broker = await started();
    const idle = await Promise.all(Array.from({ length: limits.waiting }, () => socketTo(broker)));
    const oldestEnds = once(idle[0]!, 'close');
    await connected(broker.url);
    await oldestEnds;
    assert.ok(broker.counts.endedByLimit >= 1);
    assert.match(log.texts('broker-limit')[0] ?? '', /had not sent their password; the oldest was ended/);
  });

  it('end a connection that sends no password in time, and one that sends a part of it', async () => {
    const clock = new VirtualClock();
    const broker = await started({ clock });
    const [silent, slow] = [await socketTo(broker), await socketTo(broker)];
    slow.write(Buffer.from([0x10, 100, 0, 4]));
    const client = await connected(broker.url);
    const closed = Promise.all([once(silent, 'close'), once(slow, 'close')]);
    clock.advance(limits.connectMs + 2_000);
    await closed;
    assert.ok(client.mqtt.connected);
  });

  it('read nothing after the first packet of a client before its password was right', async () => {
    const broker = await started();
    const socket = await socketTo(broker);
    const closed = once(socket, 'close');
    socket.resume();
    // A CONNECT with a wrong password, and behind it what no client could send before its password was right.
    const fields = ['MQTT', Buffer.from([4, 0xc2, 0, 30]), 'x', 'clinic', 'wrong'].flatMap((field) =>
      typeof field === 'string' ? [Buffer.from([0, field.length]), Buffer.from(field)] : [field],
    );
    const body = Buffer.concat(fields);
    socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body, Buffer.alloc(200_000, 0x30)]));
    await closed;
    assert.equal(broker.counts.refusedLogins, 1);
    assert.equal(broker.counts.clients, 0);
  });

  it('keep no more retained messages than there is room for, and deliver the others', async () => {
    const broker = await started();
    const [a, b] = [await connected(broker.url), await connected(broker.url)];
    await b.subscribe('ftte/v1/clinic/all/#');
    const body = Buffer.alloc(1000 * 1000, 1);
    const most = Math.floor(limits.retainedBytes / body.length);
    for (let i = 0; i < most + 3; i++) await a.publish(`ftte/v1/clinic/all/${i}`, body, true);
    await until(() => b.received.length === most + 3);
    assert.ok(broker.counts.retainedBytes <= limits.retainedBytes);
    assert.equal(broker.counts.retained, most);
    assert.equal(broker.counts.refusedRetained, 3);
    assert.match(log.texts('broker-limit')[0] ?? '', /cannot retain .*it was delivered only/);
    // Room is made by clearing, and the messages that were kept can be replaced.
    await a.publish('ftte/v1/clinic/all/0', '', true);
    await a.publish('ftte/v1/clinic/all/1', 'small', true);
    await a.publish('ftte/v1/clinic/all/new', 'kept', true);
    const late = await connected(broker.url);
    await late.subscribe('ftte/v1/clinic/all/new');
    await late.until('kept');
    assert.equal(broker.counts.refusedRetained, 3);
  });

  it('keep few retained messages of one gateway, so that it leaves room for the others', async () => {
    const broker = await started();
    await broker.addUser(gatewayUser, 'p');
    const gateway = await connected(broker.url, { username: 'gw-1', password: 'p' });
    for (let i = 0; i < limits.retainedOfGateway + 5; i++)
      await gateway.publish(`ftte/v1/clinic/gw/gw-1/${i}`, 'x', true);
    await until(() => broker.counts.refusedRetained === 5);
    assert.equal(broker.counts.retained, limits.retainedOfGateway);
  });

  it('keep no session: who comes back with `clean: false` gets nothing of what was sent meanwhile', async () => {
    const broker = await started();
    const sleeper = { ...shared, clientId: 'sleeper', clean: false };
    const first = await connected(broker.url, sleeper);
    await first.subscribe('ftte/v1/clinic/gw/+/update');
    await first.end();
    const a = await connected(broker.url);
    for (let i = 0; i < 20; i++) await a.publish('ftte/v1/clinic/gw/x/update', `missed ${i}`);
    const again = await connected(broker.url, sleeper);
    await again.subscribe('ftte/v1/clinic/gw/+/update');
    await a.publish('ftte/v1/clinic/gw/x/update', 'now');
    await again.until('now');
    assert.deepEqual(again.texts(), ['now']);
  });

  it('end a gateway that does not read, without keeping the sender or another gateway waiting', async () => {
    const broker = await started();
    await broker.addUser(gatewayUser, 'p');
    const [hub, other] = [await connected(broker.url), await connected(broker.url)];
    const asleep = await connected(broker.url, { username: 'gw-1', password: 'p' });
    await asleep.subscribe('ftte/v1/clinic/all/patch');
    await other.subscribe('ftte/v1/clinic/all/patch');
    const stream = asleep.mqtt.stream as unknown as Socket;
    stream.pause();
    const body = Buffer.alloc(2 ** 19, 1);
    let sent = 0;
    while (broker.counts.clients === 3 && sent < 200) {
      await hub.publish('ftte/v1/clinic/all/patch', body);
      sent++;
    }
    await until(() => broker.counts.clients === 2);
    assert.match(log.texts('broker-limit')[0] ?? '', /took in nothing .*user "gw-1"/);
    await until(() => other.received.length === sent);
  });

  it('make gateways wait for a coordinator that reads slowly, and lose nothing', async () => {
    const broker = await started();
    await broker.addUser(gatewayUser, 'p');
    const hub = await connected(broker.url, broker.owner);
    await hub.subscribe('ftte/v1/clinic/gw/+/update');
    const gateway = await connected(broker.url, { username: 'gw-1', password: 'p' });
    const stream = hub.mqtt.stream as unknown as Socket;
    stream.pause();
    const body = Buffer.alloc(2 ** 19, 1);
    const sent = Array.from({ length: 60 }, () => gateway.publish('ftte/v1/clinic/gw/gw-1/update', body));
    await sent[0];
    stream.resume();
    assert.ok((await Promise.all(sent)).every(Boolean));
    await until(() => hub.received.length === 60);
    assert.equal(broker.counts.endedByLimit, 0);
  });

  it('refuse more subscriptions of a client than any role makes', async () => {
    const broker = await started();
    const client = await connected(broker.url);
    const granted: number[] = [];
    for (let i = 0; i <= limits.subscriptions; i++)
      granted.push(await client.subscribe(`ftte/v1/clinic/all/${i}`));
    assert.deepEqual(granted.filter((qos) => qos === 128).length, 1);
    assert.equal(granted.at(-1), 128);
    await new Promise((resolve) => client.mqtt.unsubscribe('ftte/v1/clinic/all/0', {}, resolve));
    assert.equal(await client.subscribe('ftte/v1/clinic/all/more'), 1);
  });

  it('refuse more clients of one gateway than can be its own', async () => {
    const broker = await started();
    await broker.addUser(gatewayUser, 'p');
    const login = { username: 'gw-1', password: 'p' };
    const clients: BareClient[] = [];
    for (let i = 0; i < limits.clientsOfUser; i++) clients.push(await connected(broker.url, login));
    await assert.rejects(BareClient.connect(broker.url, login), { code: 3 });
    await connected(broker.url);
    await clients[0]?.end();
    await until(() => broker.counts.clients === limits.clientsOfUser);
    await connected(broker.url, login);
  });

  it('pause after the third wrong password of an address, and leave other users of it alone', async () => {
    const clock = new VirtualClock();
    const broker = await started({ clock });
    await broker.addUser(gatewayUser, 'p');
    const wrong = () => BareClient.connect(broker.url, { username: 'clinic', password: 'guess' });
    for (let i = 0; i < 3; i++) await assert.rejects(wrong(), { code: 4 });
    // During the pause nothing is checked: the right password is refused like a wrong one.
    await assert.rejects(wrong(), { code: 5 });
    await assert.rejects(BareClient.connect(broker.url, shared), { code: 5 });
    await connected(broker.url, { username: 'gw-1', password: 'p' });
    clock.advance(1_001);
    await connected(broker.url);
    assert.equal(broker.counts.refusedLogins, 5);
  });
});

describe('connections of the hosted broker', () => {
  const reached: string[] = [];
  const connections = () =>
    new Connections({ clock: new VirtualClock(), onLimit: (limit) => reached.push(limit) });
  const socketFrom = (remoteAddress: string) =>
    Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
  beforeEach(() => reached.splice(0));

  it('are 1000 clients at most, of which one machine has a part, and programs of this one any number', () => {
    const all = connections();
    const admit = (address: string) => all.admit(all.add(socketFrom(address)), 'clinic', false);
    for (let i = 0; i < limits.clientsOfAddress; i++) assert.equal(admit('10.0.0.1'), undefined);
    assert.equal(admit('10.0.0.1'), 'clients-of-address');
    for (let i = limits.clientsOfAddress; i < limits.clients; i++)
      assert.equal(admit('127.0.0.1'), undefined);
    assert.equal(admit('127.0.0.1'), 'clients');
    assert.equal(all.clientCount, limits.clients);
  });

  it('that wait are ended where most of them come from', () => {
    const all = connections();
    const open = (address: string) => {
      const socket = socketFrom(address);
      all.add(socket);
      return socket;
    };
    const [early] = [open('10.0.0.9')];
    const flood = Array.from({ length: limits.waitingOfAddress + 10 }, () => open('10.0.0.1'));
    assert.equal(flood.filter(({ destroyed }) => destroyed).length, 10);
    assert.equal(flood[9]?.destroyed, true);
    for (let i = 0; i < 6; i++) for (let k = 0; k < limits.waitingOfAddress - 1; k++) open(`10.0.1.${i}`);
    assert.ok(reached.length > 100);
    assert.equal(early.destroyed, false);
  });
});

describe('pauses after wrong passwords', () => {
  it('double from 1 s to 30 s, end with the right password, and are forgotten', () => {
    const clock = new VirtualClock();
    const pauses = new LoginPauses(clock);
    const said = Array.from({ length: 10 }, () => pauses.failed('10.0.0.1', 'u'));
    assert.deepEqual(said, [0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    assert.ok(pauses.isPaused('10.0.0.1', 'u'));
    assert.ok(!pauses.isPaused('10.0.0.2', 'u') && !pauses.isPaused('10.0.0.1', 'v'));
    pauses.succeeded('10.0.0.1', 'u');
    assert.equal(pauses.failed('10.0.0.1', 'u'), 0);
    for (let i = 0; i < 5; i++) pauses.failed('10.0.0.1', 'u');
    clock.advance(600_000);
    assert.equal(pauses.failed('10.0.0.1', 'u'), 0);
  });

  it('are remembered for a bounded number of addresses and users, whatever these are called', () => {
    const pauses = new LoginPauses(new VirtualClock());
    for (let i = 0; i < 5000; i++) pauses.failed('10.0.0.1', `${i}${'x'.repeat(60_000)}`);
    assert.ok(pauses.size <= 1024);
  });

  for (const [address, counted] of [
    ['192.168.1.7', '192.168.1.7'],
    ['::ffff:192.168.1.7', '192.168.1.7'],
    ['::1', '::1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, 'unknown'],
  ] as const) {
    it(`count ${address} as ${counted}`, () => assert.equal(countedAddress(address), counted));
  }
});

describe('the budget of retained messages', () => {
  it('gives back what is replaced, cleared or taken over by another user', () => {
    const budget = new RetainedBudget();
    assert.ok(budget.take('a', 100, 'gw-1') && budget.take('b', 100, undefined));
    const two = budget.bytes;
    assert.ok(budget.take('a', 50, 'gw-1'));
    assert.equal(budget.bytes, two - 50);
    assert.ok(budget.take('a', 50, 'gw-2'));
    assert.deepEqual([budget.topicsOf('gw-1'), budget.topicsOf('gw-2')], [[], ['a']]);
    assert.ok(
      budget.take('a', 0, 'gw-2') && budget.take('b', 0, undefined) && budget.take('c', 0, undefined),
    );
    assert.deepEqual([budget.count, budget.bytes], [0, 0]);
  });
});
