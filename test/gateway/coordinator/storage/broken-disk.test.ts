import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FtteError } from '../../../../gateway/platform';
import { modelKey } from '../../../../gateway/task';
import type { Message } from '../../../../gateway/wire';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

describe('a coordinator whose disk cannot be written', () => {
  let fleet: Fleet;
  let folder: string;
  beforeEach(async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 3 } }));
    folder = await fleet.folder();
  });
  afterEach(() => fleet.close());

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

  it('acknowledges nothing, reports the problem once, and accepts the same update when the disk works again', async () => {
    const { coordinator, problems } = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    await breakDisk();
    const update = a.update(coordinator.status.lineage, 1);
    await a.send(update);
    await until(() => problems.length === 1);
    await a.send(update);
    await settle(40);
    ok(problems[0] instanceof FtteError && problems[0].code === 'storage');
    equal(problems.length, 1);
    equal(coordinator.status.phase, 'refused');
    ok(coordinator.status.problem?.includes(inside()));
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
    // The file of the journal is open and accepts records, but the checkpoint has no folder.
    await breakDisk();
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
    await mendDisk();
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
    await breakDisk();
    await a.send(a.update(lineage, 1));
    await until(() => problems.length === 1);
    // The parameters have changed in memory, under a number that after a restart would belong to other parameters.
    await ask('late');
    equal(snapshots.length, 1);
    await mendDisk();
    await until(() => {
      fleet.clock.advance(1000);
      return snapshots.length === 2;
    });
    await until(() => versions.length === 1);
    equal(snapshots[1]?.version, 1);
    deepEqual(snapshots[1]?.parameters, coordinator.export('current').parameters);
  });

  it('does not start, and reports the reason', async () => {
    await writeFile(folder, 'a file');
    const { coordinator } = fleet.watch({ folder });
    await rejects(coordinator.start(), (error) => error instanceof FtteError && error.code === 'storage');
    equal(coordinator.status.phase, 'refused');
    ok(coordinator.status.problem?.includes(folder));
    await rm(folder);
  });
});
