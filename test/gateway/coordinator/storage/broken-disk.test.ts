import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FtteError } from '../../../../gateway/platform';
import { modelKey } from '../../../../gateway/task';
import type { Message } from '../../../../gateway/wire';
import { faultyDisk, systemError } from '../../../../tools/support/faulty-disk';
import { canMount, needsRoot, SmallDisk } from '../../../support/disks';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

describe('a coordinator whose disk cannot be written', () => {
  let fleet: Fleet;
  let folder: string;
  beforeEach(async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 3 } }));
    folder = await fleet.folder();
  });
  afterEach(async () => {
    unblock();
    await fleet.close();
  });

  /** The folder of the files of this model. */
  const inside = () => join(folder, modelKey(fleet.task));
  /** Puts a file in the place of the folder, so that nothing can be written there. */
  const breakDisk = async () => {
    await rename(inside(), `${inside()}.away`);
    await writeFile(inside(), '');
  };
  const mendDisk = async () => {
    await rm(inside());
    await rename(`${inside()}.away`, inside());
  };

  /** The journal accepts records, but there is no room for a checkpoint. */
  const blockCheckpoints = () => {
    unblock = faultyDisk(folder, ({ path }) =>
      path.includes('.ckpt') ? { error: systemError('ENOSPC') } : undefined,
    );
  };
  let unblock = () => {};

  it('answers that it cannot keep an update, reports the problem once, and accepts the same update when the disk works again', async () => {
    const { coordinator, problems } = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    await breakDisk();
    const update = a.update(coordinator.status.lineage, 1);
    await a.send(update);
    await until(() => problems.length === 1);
    await a.send(update);
    await until(() => a.notStored.length === 2);
    await settle(40);
    ok(problems[0] instanceof FtteError && problems[0].code === 'storage');
    equal(problems.length, 1);
    equal(coordinator.status.phase, 'refused');
    ok(coordinator.status.problem?.includes(inside()));
    deepEqual(
      a.notStored.map(({ detail }) => detail),
      ['its disk does not work (ENOTDIR)', 'its disk does not work (ENOTDIR)'],
    );
    equal(a.acks.length, 0);
    await mendDisk();
    await a.send(update);
    await until(() => a.acks.length === 1);
    equal(a.acks[0]?.status, 'accepted');
    equal(coordinator.status.phase, 'collecting');
    equal(coordinator.status.problem, undefined);
  });

  it('publishes no version that is not on disk, and publishes it when it is', async () => {
    const { coordinator, problems, versions } = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    const heard = await fleet.listen('other', ['patch', 'head']);
    heard.length = 0;
    const { lineage } = coordinator.status;
    await a.send(a.update(lineage, 1));
    await a.send(a.update(lineage, 1));
    await until(() => a.acks.length === 2);
    blockCheckpoints();
    await a.send(a.update(lineage, 1));
    await until(() => problems.length === 1);
    const late = a.update(lineage, 1);
    await a.send(late);
    await settle(40);
    equal(versions.length, 0);
    deepEqual(heard, []);
    equal(a.ackOf(late), undefined);
    await rejects(
      coordinator.checkpoint(),
      (error) => error instanceof FtteError && error.code === 'storage',
    );
    unblock();
    fleet.clock.advance(60_000);
    await until(() => versions.length === 1);
    await settle();
    deepEqual(
      heard.map(({ type }) => type),
      ['patch', 'head'],
    );
    equal(coordinator.status.phase, 'collecting');
  });

  it('sends no version that is not on disk to a gateway that asks for the model, and sends it when it is', async () => {
    const { coordinator, problems, versions } = await fleet.coordinator({ folder });
    const { lineage } = coordinator.status;
    const snapshots: Message<'snapshot'>[] = [];
    const ask = async (id: string) => {
      const { session } = fleet.session(id);
      await session.subscribe('snapshot', (snapshot) => snapshots.push(snapshot));
      await session.send({ type: 'sync', lineage, version: -1 });
      await settle();
    };
    await ask('early');
    deepEqual(
      snapshots.map(({ version }) => version),
      [0],
    );
    const a = await fleet.gateway('a');
    await a.send(a.update(lineage, 1));
    await a.send(a.update(lineage, 1));
    await until(() => a.acks.length === 2);
    blockCheckpoints();
    await a.send(a.update(lineage, 1));
    await until(() => problems.length === 1);
    // The parameters have changed in memory, under a number that after a restart would belong to other parameters.
    await ask('late');
    equal(snapshots.length, 1);
    unblock();
    await until(() => {
      fleet.clock.advance(1000);
      return snapshots.length === 2;
    });
    await until(() => versions.length === 1);
    equal(snapshots[1]?.version, 1);
    deepEqual(snapshots[1]?.parameters, coordinator.export('current').parameters);
  });

  it('starts when its folder can be used, and reports the reason until then', async () => {
    await writeFile(folder, 'a file');
    const watched = fleet.watch({ folder });
    const { coordinator, problems, notices } = watched;
    await coordinator.start();
    equal(coordinator.status.phase, 'refused');
    ok(coordinator.status.problem?.includes(folder));
    await fails(() => coordinator.applyNow(), 'not-ready');
    await again();
    equal(problems.length, 1);
    ok(problems[0] instanceof FtteError && problems[0].details.reason === 'ENOTDIR');
    await rm(folder);
    await again();
    await until(() => coordinator.status.lineage !== '');
    await settle();
    fleet.clock.advance(1_500);
    await until(() => coordinator.status.phase === 'collecting');
    equal(coordinator.status.problem, undefined);
    equal(problems.length, 1);
    deepEqual(
      notices.map(({ code }) => code),
      ['storage-recovered', 'lineage-begun'],
    );
    const a = await fleet.gateway('a');
    const update = a.update(coordinator.status.lineage, 1);
    await a.send(update);
    await until(() => a.ackOf(update)?.status === 'accepted');
  });

  it('can be stopped while it waits for its folder', async () => {
    await writeFile(folder, 'a file');
    const { coordinator } = fleet.watch({ folder });
    await coordinator.start();
    await coordinator.stop();
    equal(coordinator.status.phase, 'stopped');
    equal(fleet.clock.nextDue, undefined);
  });

  it('says its claim again when its disk works, so that gateways send what waits', async () => {
    const { coordinator } = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    const claims = await fleet.listen('other', ['claim']);
    await breakDisk();
    const update = a.update(coordinator.status.lineage, 1);
    await a.send(update);
    await until(() => coordinator.status.phase === 'refused');
    await mendDisk();
    const before = claims.length;
    await a.send(update);
    await until(() => claims.length > before);
  });

  /** Lets the pause after a failed attempt pass, and the next attempt happen. */
  async function again(): Promise<void> {
    fleet.clock.advance(30_000);
    await settle(40);
  }
});

const fails = (job: () => Promise<unknown>, code: string) =>
  rejects(job, (error) => error instanceof FtteError && error.code === code);

describe(`a coordinator on a disk that is not ready yet${needsRoot}`, () => {
  let fleet: Fleet;
  let disk: SmallDisk;
  before(function () {
    if (!canMount) this.skip();
  });
  beforeEach(() => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    disk = new SmallDisk('256k');
  });
  afterEach(async () => {
    await fleet.close();
    disk.remove();
  });

  for (const { what, reason, spoil, mend } of [
    {
      what: 'read-only',
      reason: 'EROFS',
      spoil: () => disk.makeReadOnly(),
      mend: () => disk.makeWritable(),
    },
    { what: 'full', reason: 'ENOSPC', spoil: () => disk.fill(), mend: () => disk.makeRoom() },
  ])
    for (const when of ['at the start', 'at a restart', 'while it works'] as const)
      it(`that is ${what} ${when} is reported once, and versions are made when it is ready`, async () => {
        const options = { folder: disk.path('coordinator') };
        if (when === 'at a restart') await (await fleet.coordinator(options)).coordinator.stop();
        if (when !== 'while it works') await spoil();
        const watched = fleet.watch(options, 'late');
        const { coordinator, problems, notices, versions } = watched;
        if (when === 'while it works') await fleet.start(watched);
        else await coordinator.start();
        const a = await fleet.gateway('a');
        if (when === 'while it works') {
          await spoil();
          await a.send(a.update(coordinator.status.lineage, 1));
          await until(() => a.notStored.length === 1);
          equal(a.notStored[0]?.detail, `its disk is ${what}`);
        }
        await until(() => problems.length === 1);
        ok(problems[0] instanceof FtteError && problems[0].details.reason === reason, problems[0]?.message);
        fleet.clock.advance(90_000);
        await settle(40);
        equal(coordinator.status.phase, 'refused');
        mend();
        await until(() => {
          fleet.clock.advance(1_000);
          return coordinator.status.phase === 'collecting';
        });
        equal(problems.length, 1);
        equal(notices.filter(({ code }) => code === 'storage-recovered').length, 1);
        await a.send(a.update(coordinator.status.lineage, 1));
        await until(() => versions.length > 0);
      });
});
