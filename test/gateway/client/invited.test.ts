import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CoordinatorSettings,
  createCoordinator,
  type FederationMember,
  type InvitedMemberSettings,
  joinFederation,
} from '../../../gateway/client';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { type Log, silentLog, systemClock } from '../../../gateway/platform';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { until } from '../../support/waiting';

const login = { username: 'clinic', password: 'everybody knows it' };
const task = {
  name: 'invited',
  input: { channels: [{ name: 'a' }], rateHz: 10, length: 8, hop: 8, normalisation: 'none' as const },
  labels: ['still', 'moving'],
  model: { layers: [{ type: 'flatten' as const }, { type: 'dense' as const, units: 2 }] },
  training: { batchSize: 4, epochs: 1, minSamples: 4 },
  aggregation: { bufferSize: 2, participation: { kind: 'free' as const }, maxWaitMs: 3_600_000 },
};

describe('a federation with invitations, over Mosquitto', () => {
  if (!findProgram('mosquitto')) return it.skip('needs Mosquitto');
  let broker: Mosquitto;
  let folder: string;
  let url: string;
  const closers: (() => Promise<unknown>)[] = [];
  before(async () => {
    broker = await startMosquitto({ users: { [login.username]: login.password } });
    url = `mqtt://${login.username}:${encodeURIComponent(login.password)}@127.0.0.1:${broker.port}`;
  });
  after(() => broker.stop());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-invited-'));
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  const createTrainer = () => new InlineTrainer(createEngine(), systemClock);
  const coordinate = async (settings: Partial<CoordinatorSettings> = {}) => {
    const coordinator = await createCoordinator({
      federation: 'clinic',
      broker: url,
      task,
      folder: join(folder, 'hub'),
      membership: 'invited',
      leaseWaitMs: 100,
      log: silentLog,
      createTrainer,
      ...settings,
    });
    closers.push(() => coordinator.close());
    return coordinator;
  };
  const take = async (name: string, settings: Partial<InvitedMemberSettings> = {}) => {
    const member = await joinFederation({
      folder: join(folder, name),
      log: silentLog,
      createTrainer,
      trigger: { newWindows: 4 },
      policy: { fewestSamples: 4, fewestSteps: 1, smallestBatch: 4, mostUpdatesPerHour: 10_000 },
      ...settings,
    });
    closers.push(() => member.close());
    return member;
  };
  const feed = (...members: FederationMember[]) => {
    for (const member of members)
      member.add(
        Float32Array.from({ length: 8 }, () => Math.random()),
        Math.random() < 0.5 ? 'still' : 'moving',
      );
  };

  it('lets gateways join with one line of text and a folder, learns across restarts, says who is refused and why, and counts nothing of a revoked one', async () => {
    let hub = await coordinate();
    const line = await hub.invite({ uses: 2, note: 'room 3' });
    assert.match(line, /^ftte1:[\w-]+$/);
    const first = await take('first', { invitation: line });
    let second = await take('second', { invitation: line });
    await until(
      () => hub.status.version >= 1,
      'a version',
      () => feed(first, second),
    );
    assert.deepEqual(
      hub.members().map(({ note, revoked }) => [note, revoked]),
      [
        ['room 3', undefined],
        ['room 3', undefined],
      ],
    );

    // Both sides start again; the member needs its folder only.
    await hub.close();
    await second.close();
    hub = await coordinate();
    const notices: string[] = [];
    hub.on('notice', ({ code, text }) => void notices.push(`${code}: ${text}`));
    second = await take('second');
    const before = hub.status.version;
    await until(
      () => hub.status.version > before,
      'a version after the restart',
      () => feed(first, second),
    );

    const heard: string[] = [];
    const log: Log = { ...silentLog, warn: (text, code) => void heard.push(`${code}: ${text}`) };
    await assert.rejects(take('third', { invitation: line, log }), {
      code: 'join-refused',
      message: /was used before/,
    });
    assert.ok(
      heard.some((text) => /^join-refused: .*was used before/.test(text)),
      heard.join('\n'),
    );
    assert.ok(
      notices.some((text) => /^member-refused: the invitation of gw-\w{8} was used 2 times/.test(text)),
      notices.join('\n'),
    );

    // What the first one has sent is in a version. A contribution of the second one waits alone; then it is revoked.
    await first.close();
    const withFirst = hub.status.version;
    await until(
      () => hub.status.version > withFirst,
      'a version without the first one',
      () => feed(second),
    );
    hub.pause();
    const [, other] = hub.members();
    const accepted = hub.status.accepted;
    await until(
      () => hub.status.accepted > accepted,
      'a contribution that waits',
      () => feed(second),
    );
    await second.close();
    const waiting = hub.status.buffered;
    assert.ok(waiting > 0);
    await hub.revoke(other!.id);
    assert.equal(hub.status.buffered, 0);
    assert.ok(hub.members()[1]!.revoked);
    await hub.close();
    hub = await coordinate();
    // Neither do they come back from the journal.
    assert.equal(hub.status.buffered, 0);
    const refusals: string[] = [];
    await hub.readmit(other!.id);
    second = await take('second');
    second.on('notice', ({ code }) => void refusals.push(code));
    await hub.revoke(other!.id);
    await until(() => refusals.includes('join-refused'), 'the reason at the revoked gateway');
  });

  it('keeps keys, members and the password of the broker in files for their owner alone, and no secret of the invitation', async () => {
    const hub = await coordinate();
    const line = await hub.invite({ id: 'bed-7' });
    const member = await take('gateway', { invitation: line });
    assert.equal(hub.members()[0]!.id, 'bed-7');
    await member.close();
    // Files that are written now have other names until they are whole.
    await hub.close();
    const secret = Buffer.from(line.slice('ftte1:'.length), 'base64url').subarray(3, -4);
    for (const place of ['hub', 'gateway'])
      for (const name of readdirSync(join(folder, place, 'security'))) {
        const path = join(folder, place, 'security', name);
        assert.equal(statSync(path).mode & 0o777, 0o600, path);
        // The secret has 16 bytes under label 5.
        const at = secret.indexOf(Buffer.from([5, 0x50])) + 2;
        assert.ok(!readFileSync(path).includes(secret.subarray(at, at + 16)), path);
      }
  });

  it('refuses to go on without its key or its members, and does not make new ones', async () => {
    const hub = await coordinate();
    await hub.invite();
    await hub.close();
    const at = (name: string) => join(folder, 'hub', 'security', name);
    const members = readFileSync(at('members.bin'));
    rmSync(at('members.bin'));
    await assert.rejects(coordinate(), { code: 'storage', message: /file of the members, .* is gone/ });
    writeFileSync(
      at('members.bin'),
      Buffer.concat([members.subarray(0, -1), Buffer.from([0xff ^ members.at(-1)!])]),
    );
    await assert.rejects(coordinate(), { code: 'storage', message: /members.*is damaged/ });
    writeFileSync(at('members.bin'), members);
    rmSync(at('coordinator.key'));
    await assert.rejects(coordinate(), { code: 'storage', message: /key file .* is gone/ });
    assert.ok(!existsSync(at('coordinator.key')));
  });

  const wrong: readonly [string, Parameters<Awaited<ReturnType<typeof coordinate>>['invite']>[0], string][] =
    [
      ['no uses', { uses: 0 }, 'uses'],
      ['one id for several', { uses: 2, id: 'gw' }, 'id'],
      ['a name that is no name', { id: 'a/b' }, 'id'],
      ['an end in the past', { expires: new Date(0) }, 'expires'],
      ['an end that is no time', { expires: 'soon' }, 'expires'],
      ['an address that is none', { broker: 'somewhere' }, 'broker'],
      ['a password with a bare %', { broker: 'mqtt://bed:se%cret@127.0.0.1' }, 'broker'],
    ];
  it('names the setting of an invitation that is wrong', async () => {
    const hub = await coordinate();
    for (const [what, settings, field] of wrong)
      await assert.rejects(hub.invite(settings), { code: 'config-invalid', details: { field } }, what);
  });

  it('refuses a member by the name of the option: an invitation without a folder, and an option that cannot be read', async () => {
    const line = await (await coordinate()).invite();
    const join = (settings: object) =>
      joinFederation({ log: silentLog, ...settings } as InvitedMemberSettings);
    await assert.rejects(join({ invitation: line }), {
      code: 'config-invalid',
      details: { field: 'folder' },
    });
    const unreadable = Object.defineProperty({}, 'folder', {
      enumerable: true,
      get: () => {
        throw new Error('gone');
      },
    });
    await assert.rejects(joinFederation(unreadable as InvitedMemberSettings), {
      code: 'config-invalid',
      details: { field: 'folder' },
    });
  });

  it('does not become an open federation by itself, and an open one has no members', async () => {
    const hub = await coordinate();
    await hub.close();
    await assert.rejects(coordinate({ membership: 'open' }), {
      code: 'config-invalid',
      details: { field: 'membership' },
    });
    const open = await coordinate({ membership: 'open', federation: 'open', folder: join(folder, 'open') });
    assert.deepEqual(open.members(), []);
    await assert.rejects(open.invite(), { code: 'not-ready' });
  });

  it('is the default at a broker that other machines can reach, and needs a folder there', async () => {
    for (const broker of ['mqtt://hub.example:1883', 'mqtt://127.0.0.1:1883', { port: 0, host: '0.0.0.0' }])
      await assert.rejects(createCoordinator({ federation: 'clinic', broker, task, log: silentLog }), {
        code: 'config-invalid',
        details: { field: 'membership' },
        message: /^membership: invited needs a folder.*`open` lets in whoever may publish/,
      });
    const hosted = await createCoordinator({ federation: 'clinic', broker: { port: 0, host: '0.0.0.0' }, task, folder: join(folder, 'hosted'), log: silentLog }); // biome-ignore format: one line
    assert.match(await hosted.invite({ broker: 'mqtt://hub.example:1883' }), /^ftte/);
    await hosted.close();
  });

  it('is not the default at a broker that is hosted for this machine alone', async () => {
    const hub = await createCoordinator({ federation: 'clinic', broker: { port: 0 }, task, log: silentLog });
    await assert.rejects(hub.invite(), { code: 'not-ready' });
    await hub.close();
  });

  it('keeps to the key of its coordinator: a gateway says plainly that somebody else claims to be it', async () => {
    const hub = await coordinate();
    const line = await hub.invite({ id: 'bed-7' });
    const heard: string[] = [];
    const log: Log = { ...silentLog, error: (text, code) => void heard.push(`${code}: ${text}`) };
    const member = await take('gateway', { invitation: line, log });
    await hub.close();
    // Another machine with the same name of the federation, and without the key.
    await coordinate({ folder: join(folder, 'other') });
    await until(() => heard.length > 0, 'a sentence at the gateway');
    assert.match(
      heard[0]!,
      /^other-coordinator: somebody else claims to be the coordinator: the key is .*, expected/,
    );
    assert.equal(heard.length, 1, heard.join('\n'));
    assert.equal(member.status.outbox, 0);
  });
});
