import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../../gateway/platform';
import { HostedBroker, type HostedBrokerOptions } from '../../../../gateway/transport';
import { hashPassword, isPasswordOf } from '../../../../gateway/transport/hosted/password-hash';
import { BareClient } from './bare-client';
import { hostedBrokers } from './hosted-brokers';

const gatewayRole = (gateway: string) => ({ kind: 'gateway', federation: 'clinic', gateway }) as const;
const one = { name: 'gw-1', role: gatewayRole('gw-1') };
const login = (username: string, password: string) => ({ username, password });

describe('users of the hosted broker', () => {
  let folder: string;
  let usersFile: string;
  const { log, connected, ...brokers } = hostedBrokers();
  const started = (options: Partial<HostedBrokerOptions> = {}) => brokers.started({ usersFile, ...options });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-users-'));
    usersFile = join(folder, 'broker-1883', 'users.json');
  });
  // After the hook that ends the brokers.
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('connect with their passwords, after a restart, too, and are in a file for the owner alone, without passwords', async () => {
    const broker = await started();
    await broker.addUser(one, 'a long password');
    await connected(broker.url, login('gw-1', 'a long password'));
    await broker.stop();
    assert.equal(statSync(usersFile).mode & 0o777, 0o600);
    assert.doesNotMatch(readFileSync(usersFile, 'utf8'), /a long password/);
    const again = await started();
    assert.deepEqual(await again.listUsers(), [one]);
    await connected(again.url, login('gw-1', 'a long password'));
    for (const [name, password] of [
      ['gw-1', 'another'],
      ['gw-1', ''],
      ['gw-2', 'a long password'],
    ] as const)
      await assert.rejects(BareClient.connect(again.url, login(name, password)), { code: 4 });
    await assert.rejects(BareClient.connect(again.url), { code: 4 });
    assert.equal(again.counts.refusedLogins, 4);
    assert.match(
      log.texts('login-refused')[0] ?? '',
      /refused the login of the user "gw-1" from 127\.0\.0\.1: .*wrong/,
    );
  });

  it('are disconnected at once when they are removed, and what they retained is cleared', async () => {
    const broker = await started();
    await broker.addUser(one, 'p');
    await broker.addUser({ name: 'hub', role: { kind: 'coordinator', federation: 'clinic' } }, 'h');
    const [hub, gateway] = [
      await connected(broker.url, login('hub', 'h')),
      await connected(broker.url, {
        ...login('gw-1', 'p'),
        will: {
          topic: 'ftte/v1/clinic/gw/gw-1/presence',
          payload: Buffer.from('gone'),
          qos: 1,
          retain: true,
        },
      }),
    ];
    await hub.subscribe('ftte/v1/clinic/gw/+/presence');
    await gateway.publish('ftte/v1/clinic/gw/gw-1/hello', 'hello', true);
    assert.equal(broker.counts.retained, 1);
    assert.equal(await broker.removeUser('gw-1'), true);
    await gateway.closed();
    await hub.until('gone');
    assert.equal(broker.counts.retained, 0);
    const late = await connected(broker.url, login('hub', 'h'));
    await late.subscribe('ftte/v1/clinic/gw/#');
    await late.publish('ftte/v1/clinic/gw/x/mark', 'mark');
    await late.until('mark');
    assert.deepEqual(late.texts(), ['mark']);
    await assert.rejects(BareClient.connect(broker.url, login('gw-1', 'p')), { code: 4 });
    assert.equal(await broker.removeUser('gw-1'), false);
    assert.doesNotMatch(readFileSync(usersFile, 'utf8'), /gw-1/);
  });

  it('take a new password, which ends the connections with the old one', async () => {
    const broker = await started();
    await broker.addUser(one, 'old');
    const client = await connected(broker.url, login('gw-1', 'old'));
    await broker.addUser(one, 'new');
    await client.closed();
    await assert.rejects(BareClient.connect(broker.url, login('gw-1', 'old')), { code: 4 });
    await connected(broker.url, login('gw-1', 'new'));
  });

  it('cannot take over the connection of another user with its client id', async () => {
    const broker = await started();
    await broker.addUser(one, 'p');
    await broker.addUser({ name: 'gw-2', role: gatewayRole('gw-2') }, 'q');
    const victim = await connected(broker.url, { ...login('gw-1', 'p'), clientId: 'ftte-clinic-gw-1' });
    const thief = await connected(broker.url, { ...login('gw-2', 'q'), clientId: 'ftte-clinic-gw-1' });
    await thief.subscribe('ftte/v1/clinic/all/head');
    assert.ok(await victim.publish('ftte/v1/clinic/gw/gw-1/sync', 'still here'));
    const back = await connected(broker.url, { ...login('gw-1', 'p'), clientId: 'ftte-clinic-gw-1' });
    await victim.closed();
    assert.ok(back.mqtt.connected && thief.mqtt.connected);
  });

  it('need no password on this machine as long as there is none, and the owner needs no user', async () => {
    const broker = await started();
    await connected(broker.url, {});
    await broker.addUser(one, 'p');
    await assert.rejects(BareClient.connect(broker.url), { code: 4 });
    const owner = await connected(broker.url, broker.owner);
    assert.equal(await owner.subscribe('ftte/v1/#'), 1);
    assert.equal(await owner.subscribe('#'), 128);
  });

  it('let nobody in from the network but the owner, as long as there is no user and no password for all', async () => {
    const broker = await started({ host: '0.0.0.0' });
    await assert.rejects(BareClient.connect(broker.url), { code: 4 });
    await connected(broker.url, broker.owner);
  });

  it('stand beside the one password for all, which gives all topics of federations', async () => {
    const broker = await started({ username: 'clinic', password: 'shared' });
    await broker.addUser(one, 'p');
    const [shared, gateway] = [
      await connected(broker.url, login('clinic', 'shared')),
      await connected(broker.url, login('gw-1', 'p')),
    ];
    assert.equal(await shared.subscribe('ftte/v1/#'), 1);
    assert.equal(await shared.subscribe('#'), 128);
    await gateway.publish('ftte/v1/clinic/all/claim', 'forged');
    await shared.publish('home/light', 'elsewhere');
    await shared.publish('ftte/v1/clinic/all/claim', 'allowed');
    await shared.until('allowed');
    assert.deepEqual(shared.texts(), ['allowed']);
    assert.equal(broker.counts.refusedTopics, 3);
    assert.match(
      log.texts('topic-refused').join('\n'),
      /the user "gw-1" may not publish on "ftte\/v1\/clinic\/all\/claim"/,
    );
    await assert.rejects(broker.addUser({ ...one, name: 'clinic' }, 'x'), { code: 'config-invalid' });
  });

  for (const [what, user, password, expected] of [
    ['a name with a level', { ...one, name: 'a/b' }, 'p', /name: .*got the text "a\/b"/],
    ['a name with a placeholder', { ...one, name: '%u' }, 'p', /name: /],
    [
      'a federation with a wildcard',
      { name: 'a', role: { ...one.role, federation: '+' } },
      'p',
      /role\.federation: /,
    ],
    ['a gateway with a wildcard', { name: 'a', role: gatewayRole('#') }, 'p', /role\.gateway: /],
    ['no password', one, '', /password: expected at least one character/],
  ] as const) {
    it(`refuse ${what}, and change nothing`, async () => {
      const broker = await started();
      await assert.rejects(broker.addUser(user, password), { code: 'config-invalid', message: expected });
      assert.deepEqual(await broker.listUsers(), []);
    });
  }

  it('are as before when the disk does not take them', async () => {
    const broker = await started();
    writeFileSync(join(folder, 'broker-1883'), 'a file in the place of the folder');
    await assert.rejects(broker.addUser(one, 'p'), { code: 'storage' });
    assert.deepEqual(await broker.listUsers(), []);
  });

  for (const [what, content] of [
    ['is no JSON', '{'],
    ['is cut', '{"format":1,"users":[{"name":"gw-1"'],
    ['is of another format', '{"format":2,"users":[]}'],
    ['holds no hash', JSON.stringify({ format: 1, users: [{ ...one, hash: 'secret in clear' }] })],
    [
      'holds a hash that takes a gigabyte to check',
      JSON.stringify({
        format: 1,
        users: [{ ...one, hash: `scrypt$1048576$8$1$${'a'.repeat(22)}$${'b'.repeat(43)}` }],
      }),
    ],
  ] as const) {
    it(`stop the start with a sentence if their file ${what}, so that nobody is let in or out by mistake`, async () => {
      mkdirSync(join(folder, 'broker-1883'));
      writeFileSync(usersFile, content);
      const broker = new HostedBroker({ port: 0, usersFile });
      await assert.rejects(broker.start(), (error: Error) => {
        assert.match(
          error.message,
          /the users of the broker in .*users\.json cannot be read: .*; restore the file/,
        );
        assert.doesNotMatch(error.message, /secret in clear/);
        return true;
      });
    });
  }

  it('are checked one password of an address and user at a time, so that guesses side by side pause, too', async () => {
    const broker = await started();
    await broker.addUser(one, 'p');
    await broker.stop();
    // After a restart no password was right before, so that a hash is computed for each guess.
    const again = await started({ clock: new VirtualClock() });
    const guesses = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) => BareClient.connect(again.url, login('gw-1', `guess ${i}`))),
    );
    const codes = guesses.map((guess) => guess.status === 'rejected' && guess.reason.code);
    const checked = codes.filter((code) => code === 4).length;
    assert.ok(checked >= 1 && checked <= 3, codes.join());
    assert.ok(
      codes.every((code) => [3, 4, 5].includes(code)),
      codes.join(),
    );
  });

  it('compute hashes in another thread', async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    assert.ok(await isPasswordOf(await hashPassword('p'), 'p'));
    assert.ok(turned, 'the loop went on');
  });

  it('compute a hash for the first connection only', async () => {
    const broker = await started();
    const names = Array.from({ length: 12 }, (_, i) => `gw-${i}`);
    for (const name of names) await broker.addUser({ name, role: gatewayRole(name) }, `password of ${name}`);
    await broker.stop();
    const again = await started();
    const usOfCpu = async () => {
      const before = process.cpuUsage();
      const clients = await Promise.all(
        names.map((name) => BareClient.connect(again.url, login(name, `password of ${name}`))),
      );
      const { user } = process.cpuUsage(before);
      await Promise.all(clients.map((client) => client.end()));
      return user;
    };
    const [first, second] = [await usOfCpu(), await usOfCpu()];
    assert.ok(second < first / 2, `${second} of ${first} us`);
  });
});
