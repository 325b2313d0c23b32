import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelFollower } from '../../../../gateway/participant';
import { FtteError, runSync, SeededRandom } from '../../../../gateway/platform';
import { type Message, type Snapshot, versionDigest } from '../../../../gateway/wire';
import { Fleet, settle, tinyTask, until, type Watched } from '../fleet-harness';

describe('gateways that follow the coordinator', () => {
  let fleet: Fleet;
  const followers: ModelFollower[] = [];
  afterEach(async () => {
    for (const follower of followers.splice(0)) await follower.stop();
    await fleet.close();
  });

  async function follow(id: string): Promise<ModelFollower> {
    const { session } = fleet.session(id);
    const follower = new ModelFollower({ session, clock: fleet.clock, random: new SeededRandom(5) });
    followers.push(follower);
    await follower.start();
    await settle();
    return follower;
  }

  /** Advances the clock, so that requests for the model are due, until the follower is at this version. */
  async function catchUp(follower: ModelFollower, version: number): Promise<void> {
    for (let i = 0; i < 100 && follower.version !== version; i++) {
      fleet.clock.advance(100);
      await settle();
    }
    equal(follower.version, version);
  }

  function same(follower: ModelFollower, { coordinator }: Watched): void {
    deepEqual(follower.parameters, coordinator.export('current').parameters);
    deepEqual(follower.average, coordinator.export('average').parameters);
  }

  for (const patch of ['float32', 'int8'] as const) {
    it(`hold its parameters and its average to the last bit, by patches in ${patch}`, async () => {
      fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 }, encoding: { patch, update: 'float32' } }));
      const watched = await fleet.coordinator();
      const { coordinator, versions } = watched;
      const a = await fleet.gateway('a');
      const follower = await follow('b');
      await catchUp(follower, 0);
      for (let version = 1; version <= 15; version++) {
        const delta = Float32Array.from({ length: 9 }, (_, i) => Math.sin(version * 9 + i));
        await a.send(a.update(coordinator.status.lineage, delta, { baseVersion: version - 1 }));
        await until(() => versions.length === version);
        await settle(3);
        equal(follower.version, version);
        same(follower, watched);
      }
    });
  }

  it('find the digest of their parameters in each head, and the coordinator reports one that does not', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const watched = await fleet.coordinator();
    const { coordinator, versions } = watched;
    const { lineage } = coordinator.status;
    const a = await fleet.gateway('a');
    const heads: Message<'head'>[] = [];
    await a.session.subscribe('head', (head) => heads.push(head));
    await a.send(a.update(lineage, 0.5));
    await until(() => versions.length === 1);
    await settle();
    deepEqual([...new Set(heads.map(({ version }) => version))], [0, 1]);
    const follower = await follow('b');
    await catchUp(follower, 1);
    same(follower, watched);
    const expected = runSync(versionDigest({ lineage, version: 1 }, follower.parameters!));
    equal(heads.at(-1)?.digest, expected);
    const first = heads[0]!;
    ok(first.digest !== undefined && first.digest !== expected);

    const snapshots: Snapshot[] = [];
    await a.session.subscribe('snapshot', (snapshot) => snapshots.push(snapshot));
    await a.session.send({ type: 'sync', lineage, version: 1, digest: '00000000000000aa' });
    await until(() => snapshots.length === 1);
    const said = watched.notices.filter(({ code }) => code === 'model-differs');
    deepEqual(
      said.map(({ details }) => details),
      [{ gateway: 'a', version: 1 }],
    );
  });

  it('get the whole model if they come late', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const watched = await fleet.coordinator();
    const a = await fleet.gateway('a');
    for (let version = 1; version <= 3; version++) {
      await a.send(a.update(watched.coordinator.status.lineage, 0.5, { baseVersion: version - 1 }));
      await until(() => watched.versions.length === version);
    }
    const follower = await follow('late');
    await catchUp(follower, 3);
    same(follower, watched);
  });

  it('get a snapshot once per interval, however often they ask, and never one that they do not need', async () => {
    fleet = new Fleet();
    const { coordinator } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const snapshots: Snapshot[] = [];
    await a.session.subscribe('snapshot', (snapshot) => snapshots.push(snapshot));
    const { lineage } = coordinator.status;
    const sync = (version: number) => a.session.send({ type: 'sync', lineage, version });
    await sync(0);
    await settle();
    equal(snapshots.length, 0, 'it has the newest version');
    for (let i = 0; i < 5; i++) await sync(-1);
    await settle();
    equal(snapshots.length, 1);
    fleet.clock.advance(1_999);
    await settle();
    equal(snapshots.length, 1);
    fleet.clock.advance(1);
    await settle();
    equal(snapshots.length, 2, 'requests meanwhile are answered once');
    fleet.clock.advance(60_000);
    await settle();
    equal(snapshots.length, 2);
  });

  describe('after a rollback', () => {
    async function atVersion(count: number, options = {}): Promise<Watched> {
      fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
      const watched = await fleet.coordinator(options);
      const a = await fleet.gateway('a');
      for (let version = 1; version <= count; version++) {
        await a.send(a.update(watched.coordinator.status.lineage, version, { baseVersion: version - 1 }));
        await until(() => watched.versions.length === version);
      }
      return watched;
    }

    it('follow to the old parameters as a new version of the same lineage', async () => {
      const watched = await atVersion(1);
      const { coordinator } = watched;
      const [current, average] = [coordinator.export('current'), coordinator.export('average')];
      const a = await fleet.gateway('b');
      await a.send(a.update(current.lineage, 3, { baseVersion: 1 }));
      await until(() => coordinator.status.version === 2);
      const follower = await follow('c');
      await catchUp(follower, 2);
      await coordinator.rollback(1);
      equal(coordinator.status.version, 3);
      equal(coordinator.status.lineage, current.lineage);
      deepEqual(coordinator.export('current').parameters, current.parameters);
      deepEqual(coordinator.export('average').parameters, average.parameters);
      await catchUp(follower, 3);
      same(follower, watched);
      ok(watched.notices.some(({ code }) => code === 'model-recovered'));
    });

    it('cannot contribute updates of the versions left behind', async () => {
      const { coordinator } = await atVersion(3);
      const b = await fleet.gateway('b');
      coordinator.pause();
      await b.send(b.update(coordinator.status.lineage, 1, { baseVersion: 3 }));
      await until(() => coordinator.status.buffered === 1);
      await coordinator.rollback(1);
      equal(coordinator.status.buffered, 0);
      coordinator.resume();
      const bases = [1, 2, 3, 4];
      const updates = bases.map((baseVersion) => b.update(coordinator.status.lineage, 0.1, { baseVersion }));
      for (const update of updates) await b.send(update);
      await until(() => updates.every((update) => b.ackOf(update)));
      deepEqual(
        updates.map((update) => b.ackOf(update)?.reason ?? 'accepted'),
        ['accepted', 'too-old', 'too-old', 'accepted'],
      );
    });

    it('see no change if the version is not kept; the error names those that are', async () => {
      const { coordinator } = await atVersion(6);
      await rejects(coordinator.rollback(1), /version 1 is not stored; stored are 4, 5, 6/);
      await rejects(
        coordinator.rollback(),
        (error) => error instanceof FtteError && error.code === 'not-ready' && /held-out/.test(error.message),
      );
      equal(coordinator.status.version, 6);
    });
  });

  for (const [windows, cut, logs] of [
    [
      'at marks',
      { kind: 'marks', before: 2 },
      [65, 17, 1].map((n) => -Math.round(-4 * Math.log(n / 83)) / 4),
    ],
    ['that follow each other', undefined, undefined],
  ] as const)
    it(`${logs ? 'receive' : 'do not receive'} how often labels come among windows ${windows}, once five gateways have reported, also after a restart`, async () => {
      const { input } = tinyTask();
      const aggregation = { bufferSize: 1 };
      fleet = new Fleet(tinyTask({ input: { ...input, length: 4, hop: 4, cut }, aggregation }));
      const folder = await mkdtemp(join(tmpdir(), 'ftte-shares-'));
      const { coordinator, versions } = await fleet.coordinator({ folder });
      const follower = await follow('b');
      await catchUp(follower, 0);
      for (const [i, counts] of [
        [16, 0, 0],
        [16, 0, 0],
        [16, 0, 0],
        [16, 0, 0],
        [0, 16, 0],
      ].entries()) {
        equal(follower.labelShares, undefined, 'few could calculate what one of them has');
        const gateway = await fleet.gateway(`gw-${i}`);
        const evaluation = { windows: 16, loss: 1, counts, right: counts };
        await gateway.send(gateway.update(coordinator.status.lineage, 0.1, { baseVersion: i, evaluation }));
        await until(() => versions.length === i + 1);
        await settle(3);
      }
      deepEqual(follower.labelShares && [...follower.labelShares], logs);
      await coordinator.stop();
      const again = await fleet.coordinator({ folder });
      const late = await follow('late');
      await catchUp(late, 5);
      deepEqual(late.labelShares, follower.labelShares);
      await again.coordinator.stop();
      await rm(folder, { recursive: true });
    });
});
