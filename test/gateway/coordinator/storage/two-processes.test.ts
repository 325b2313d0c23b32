import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FtteError } from '../../../../gateway/platform';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

describe('a folder that two coordinators are given', () => {
  let fleet: Fleet;
  let folder: string;
  beforeEach(async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    folder = await fleet.folder();
  });
  afterEach(() => fleet.close());

  it('is used by the first; the second is refused with the process and the host, and writes nothing', async () => {
    const first = await fleet.coordinator({ folder });
    const second = fleet.watch({ folder }, 'second');
    await rejects(second.coordinator.start(), (error) => {
      ok(error instanceof FtteError && error.code === 'storage');
      equal(error.details.pid, process.pid);
      match(error.message, new RegExp(`process ${process.pid} on ${hostname()}`));
      return true;
    });
    equal(second.coordinator.status.phase, 'refused');
    deepEqual(second.problems, []);
    const a = await fleet.gateway('a');
    await a.send(a.update(first.coordinator.status.lineage, 1));
    await until(() => first.versions.length === 1);
    equal(second.coordinator.status.phase, 'refused');
  });

  it('is used by the second when the first has stopped', async () => {
    const first = await fleet.coordinator({ folder });
    const { lineage } = first.coordinator.status;
    const second = fleet.watch({ folder }, 'second');
    await rejects(second.coordinator.start(), { code: 'storage' });
    await first.coordinator.stop();
    await until(() => {
      fleet.clock.advance(1_000);
      return second.coordinator.status.phase === 'collecting';
    });
    equal(second.coordinator.status.lineage, lineage);
    deepEqual(second.problems, []);
  });

  it('is left alone by a coordinator whose lock another process has taken over', async () => {
    const { coordinator, problems } = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    const path = join(folder, 'lock');
    const record = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...record, token: 'another', pid: 77, host: 'elsewhere' }));
    fleet.clock.advance(10_000);
    await until(() => coordinator.status.phase === 'refused');
    match(problems[0]!.message, /taken over by process 77 on elsewhere/);
    await a.send(a.update(coordinator.status.lineage, 1));
    await settle(40);
    equal(a.acks.length, 0);
  });
});
