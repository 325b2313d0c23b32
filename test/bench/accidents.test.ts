import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { auditCrash } from '../../bench/crash/crash-audit';
import { coordinatorId, crashTask } from '../../bench/crash/crash-types';
import { Restartable } from '../../bench/crash/restartable';
import { freePort } from '../../tools/support/free-port';
import { findProgram, type Mosquitto, startMosquitto } from '../../tools/support/mosquitto';
import { canMount, needsRoot, SmallDisk } from '../support/disks';

const define = findProgram('mosquitto') ? describe : describe.skip;
const onDisks = canMount ? it : it.skip;
const gatewayIds = ['gw-1', 'gw-2'] as const;

/** A coordinator and two gateways in processes of their own. What one test leaves is the start of the next one. */
define('accidents to processes that learn over a Mosquitto', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ftte-accidents-'));
  const disks: SmallDisk[] = [];
  let broker: Mosquitto;
  let hub: Restartable;
  let gateways: Restartable[];

  before(async () => {
    const port = await freePort();
    broker = await startMosquitto({ port });
    // The journal and checkpoints are on one small disk, and the outbox of the first gateway on another one.
    if (canMount) {
      mkdirSync(join(folder, gatewayIds[0]));
      for (const path of [coordinatorId, join(gatewayIds[0], 'outbox')]) {
        const disk = new SmallDisk('8m');
        disks.push(disk);
        symlinkSync(disk.folder, join(folder, path));
      }
    }
    const role = (id: string, i: number) =>
      new Restartable({
        role: id === coordinatorId ? 'coordinator' : 'gateway',
        id,
        port,
        folder: join(folder, id),
        seed: i,
        form: 'plain',
        granted: false,
      });
    hub = role(coordinatorId, 0);
    gateways = gatewayIds.map((id, i) => role(id, i + 1));
    await Promise.all([hub, ...gateways].map((one) => one.start()));
    await learns(3);
  });

  after(async () => {
    for (const one of [hub, ...gateways]) await one?.kill();
    await broker?.stop();
    for (const disk of disks) disk.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Waits until a number of versions more are made. */
  async function learns(versions: number): Promise<void> {
    const start = (await hub.state())?.version ?? 0;
    await until(
      async () => ((await hub.state())?.version ?? 0) >= start + versions,
      `${versions} more versions`,
    );
  }

  const disk = (index: number) => disks[index]!;
  const said = (one: Restartable, what: RegExp) => one.errors.split('\n').filter((line) => what.test(line));

  it('kill -9 of a gateway in a round, and of the coordinator between two versions: both go on', async () => {
    const before = await hub.state();
    await until(async () => (await gateways[0]!.state())?.phase === 'training', 'a round');
    await gateways[0]!.kill();
    await hub.kill();
    await Promise.all([gateways[0]!.start(), hub.start()]);
    await learns(2);
    const state = await hub.state();
    assert.equal(state?.lineage, before?.lineage);
    assert.ok(state!.version > before!.version);
  });

  onDisks(`the disk of the coordinator is full for a while: said once${needsRoot}`, async () => {
    disk(0).fill();
    await until(async () => said(hub, /ENOSPC/).length > 0, 'a word about the disk');
    const { version } = (await hub.state())!;
    await pause(1_000);
    assert.ok((await hub.state())!.version <= version + 1);
    disk(0).makeRoom();
    await learns(2);
    assert.equal(said(hub, /ENOSPC/).length, 1, hub.errors);
  });

  onDisks(`the disk of a gateway is read-only for a while: said once${needsRoot}`, async () => {
    await disk(1).makeReadOnly();
    await until(async () => said(gateways[0]!, /EROFS/).length > 0, 'a word about the disk');
    await learns(2);
    disk(1).makeWritable();
    await learns(2);
    assert.equal(said(gateways[0]!, /EROFS/).length, 1, gateways[0]!.errors);
  });

  it('after all of them every update is in one version, and everyone holds the same bits', async () => {
    const all = () => Promise.all(gateways.map((one) => one.state()));
    await until(async () => {
      for (const one of gateways) one.order('calm');
      return (await all()).every((state) => state?.outbox === 0 && state.phase !== 'training');
    }, 'empty outboxes');
    await hub.ask('apply', 'applied');
    await until(async () => {
      const own = await hub.state();
      return (await all()).every((state) => state?.version === own?.version && state?.digest === own?.digest);
    }, 'the same model everywhere');
    for (const one of [...gateways, hub]) assert.ok(await one.stop());
    assert.deepEqual(
      [hub, ...gateways].flatMap((one) => one.crashes),
      [],
    );
    const { made, taken, recomputed, versions, lost, doubled, faults } = auditCrash(
      folder,
      crashTask(false),
      gatewayIds,
    );
    assert.ok(made > 10 && taken > 10 && recomputed > 5 && versions > 5);
    // The number of an update whose record did not fit on the disk belongs to nobody.
    assert.deepEqual(
      lost.filter((text) => !text.startsWith('sequence ')),
      [],
    );
    assert.deepEqual([doubled, faults], [[], []]);
  });
});

/** Longer than anything takes on a busy machine. */
const limitMs = 60_000;

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = performance.now() + limitMs; !(await holds()); await pause(20))
    if (performance.now() > end) throw new Error(`expected ${what} within ${limitMs / 1000} s`);
}
