import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { settle, until } from '../coordinator/fleet-harness';
import { first, killRegion, summing, TwoFloors } from './two-floors';

const hasTask = (region: { readonly task: unknown }) => {
  try {
    return region.task !== undefined;
  } catch {
    return false;
  }
};

describe('a region', () => {
  let floors: TwoFloors;
  beforeEach(() => {
    floors = new TwoFloors();
  });
  afterEach(() => floors.close());

  it('begins with the model above, sends what its gateways learn, and follows the versions above', async () => {
    const { hub, start, running, a } = await floors.begun();
    const { region } = running;
    equal(first(region), start);
    await a.send(a.update(region.status.lineage, 2));
    await floors.passUntil(() => hub.coordinator.status.version === 1);
    ok(Math.abs(first(hub.coordinator) - start - 2) < 1e-5);
    await floors.passUntil(() => region.status.region?.version === 1);
    ok(Math.abs(first(region) - start - 2) < 1e-5);
    const { contributions } = hub.versions[0]!;
    deepEqual(
      contributions.map(({ gateway, samples, age }) => ({ gateway, samples, age })),
      [{ gateway: 'region', samples: 10, age: 0 }],
    );
    deepEqual(running.problems, []);
  });

  it('goes on by itself while it is cut off, and sends one update of all of it when it is back', async () => {
    const { hub, start, running, a } = await floors.begun();
    const { region, up } = running;
    up.transport.drop({ stay: true });
    for (const value of [1, 2, 4]) await a.send(a.update(region.status.lineage, value));
    await floors.passUntil(() => region.status.version === 3);
    ok(Math.abs(first(region) - start - 7) < 1e-5);
    floors.above.clock.advance(30_000);
    await settle();
    deepEqual(
      running.notices.map(({ code }) => code).filter((code) => code.startsWith('cut-off')),
      ['cut-off'],
    );
    // Meanwhile the federation above goes on, too.
    const direct = await floors.above.gateway('direct');
    await direct.send(direct.update(hub.coordinator.status.lineage, 8));
    await floors.passUntil(() => hub.coordinator.status.version === 1);
    up.transport.reconnect();
    await floors.passUntil(() => hub.coordinator.status.version === 2);
    deepEqual(
      hub.versions[1]?.contributions.map(({ gateway, samples, age }) => ({ gateway, samples, age })),
      [{ gateway: 'region', samples: 30, age: 1 }],
    );
    await floors.passUntil(() => region.status.region?.version === 2);
    ok(Math.abs(first(hub.coordinator) - start - 15) < 1e-5);
    ok(Math.abs(first(region) - start - 15) < 1e-5);
    equal(running.notices.at(-1)?.code, 'cut-off-ended');
  });

  it('says after half a minute that no task comes although the broker above is connected, and begins when it comes', async () => {
    const { region, notices } = await floors.region();
    floors.above.clock.advance(29_000);
    await settle();
    equal(notices.length, 0);
    floors.above.clock.advance(1_000);
    await settle();
    const said = notices.map(({ code, text }) => `${code}: ${text}`).join();
    ok(
      /^no-coordinator: no task has come from the federation above, \S+, for 30 s, .*start its coord/.test(
        said,
      ),
      said,
    );
    await floors.hub();
    await floors.passUntil(() => region.status.phase === 'collecting');
    equal(notices.filter(({ code }) => code === 'no-coordinator').length, 1);
  });

  it('starts from its folder while it is cut off', async () => {
    const folder = await floors.below.folder();
    const { hub, start, running: before, a } = await floors.begun({ folder });
    before.up.transport.drop({ stay: true });
    await a.send(a.update(before.region.status.lineage, 2));
    await floors.passUntil(() => before.region.status.version === 1);
    const learned = first(before.region);
    const next = await killRegion(before, folder);
    hub.transport.drop({ stay: true });
    const after = await floors.region({ folder: next });
    await floors.ready(after);
    equal(first(after.region), learned);
    equal(after.region.status.region?.counted, 0);
    await a.send(a.update(after.region.status.lineage, 1, { baseVersion: 1 }));
    await floors.passUntil(() => after.region.status.version === 2);
    hub.transport.reconnect();
    await floors.passUntil(() => hub.coordinator.status.version === 2);
    ok(Math.abs(first(hub.coordinator) - start - 3) < 1e-5);
    deepEqual(after.problems, []);
  });

  it('sends the update that waits under its new name after the name has changed', async () => {
    const folder = await floors.below.folder();
    const { hub, start, running: before, a } = await floors.begun({ folder });
    hub.transport.drop({ stay: true });
    await a.send(a.update(before.region.status.lineage, 2));
    await floors.passUntil(() => before.region.status.region?.updateWaits === true);
    await before.region.checkpoint();
    const next = await killRegion(before, folder);
    const after = await floors.region({ folder: next }, 'renamed');
    await floors.ready(after);
    hub.transport.reconnect();
    await floors.passUntil(() => after.region.status.region?.counted === 1);
    deepEqual(
      hub.versions.flatMap(({ contributions }) => contributions.map(({ gateway }) => gateway)),
      ['renamed'],
    );
    ok(Math.abs(first(hub.coordinator) - start - 2) < 1e-5);
  });

  it('sends what was refused for its age again, as of the newest version', async () => {
    await floors.close();
    floors = new TwoFloors(summing({ aggregation: { ...summing().aggregation, maxAge: 0 } }));
    const { hub, start, running, a } = await floors.begun();
    const { region, up } = running;
    up.transport.drop({ stay: true });
    await a.send(a.update(region.status.lineage, 2));
    await floors.passUntil(() => region.status.version === 1);
    const direct = await floors.above.gateway('direct');
    await direct.send(direct.update(hub.coordinator.status.lineage, 8));
    await floors.passUntil(() => hub.coordinator.status.version === 1);
    up.transport.reconnect();
    await floors.passUntil(() => hub.coordinator.status.version === 2);
    equal(hub.coordinator.status.rejected['too-old'], 1);
    await floors.passUntil(() => region.status.region?.version === 2);
    ok(Math.abs(first(hub.coordinator) - start - 10) < 1e-5);
    ok(Math.abs(first(region) - start - 10) < 1e-5);
  });

  it('sends the part of the model that has changed', async () => {
    const { hub, running, a } = await floors.begun();
    const plan = { entries: [{ tensor: 0, channels: [1] }], microBatch: 1 };
    const values = new Float32Array(3).fill(1);
    await a.send(a.update(running.region.status.lineage, values, { plan }));
    await floors.passUntil(() => hub.coordinator.status.version === 1);
    ok(Math.abs(hub.versions[0]!.contributions[0]!.trainedShare - 3 / 9) < 1e-9);
  });

  it('passes on what its gateways have measured as one figure', async () => {
    const { hub, running, a } = await floors.begun();
    const b = await floors.gateway('b');
    running.up.transport.drop({ stay: true });
    const of = (right: number) => ({ windows: 10, loss: 0.5, counts: [10, 0, 0], right: [right, 0, 0] });
    const { lineage } = running.region.status;
    await a.send(a.update(lineage, 1, { evaluation: of(9) }));
    await b.send(b.update(lineage, 1, { evaluation: of(5) }));
    await floors.passUntil(() => running.region.status.version === 2);
    running.up.transport.reconnect();
    await floors.passUntil(() => hub.coordinator.status.version === 1);
    const { federated } = hub.versions[0]!;
    deepEqual([federated?.gateways, federated?.windows, federated?.accuracy], [1, 20, 0.7]);
  });

  it('takes the model of another lineage above, and refuses updates that began before it', async () => {
    const { hub, running, a } = await floors.begun();
    const { lineage } = running.region.status;
    await a.send(a.update(lineage, 2));
    await floors.passUntil(() => running.region.status.region?.version === 1);
    await hub.coordinator.stop();
    const again = await floors.above.coordinator({});
    await floors.passUntil(
      () => running.versions.at(-1)?.cause === 'above' && running.region.status.region?.version === 0,
    );
    equal(first(running.region), first(again.coordinator));
    equal(running.region.status.lineage, lineage);
    const late = a.update(lineage, 4, { baseVersion: 1 });
    await a.send(late);
    await until(() => a.ackOf(late)?.status === 'rejected');
    equal(a.ackOf(late)?.reason, 'too-old');
  });

  it('begins when its folder can be written, and says until then that it cannot', async () => {
    await floors.hub();
    const parent = await floors.below.folder();
    const [folder, missing] = [join(parent, 'region'), join(parent, 'gone', 'region')];
    await mkdir(parent, { recursive: true });
    // Nothing is in it to read, and nothing can be made in it.
    await symlink(missing, folder);
    const running = await floors.region({ folder });
    const { region } = running;
    await floors.passUntil(() => region.status.phase === 'refused');
    await region.adoption;
    equal(running.problems.length, 1);
    ok(region.status.problem?.includes('above.json'), region.status.problem);
    await mkdir(missing, { recursive: true });
    await floors.ready(running);
    deepEqual([running.problems.length, running.notices[0]?.code], [1, 'storage-recovered']);
  });

  it('stops while its coordinator begins', async () => {
    await floors.hub();
    const { region, problems } = await floors.region();
    await floors.passUntil(() => hasTask(region));
    equal(region.status.phase, 'starting');
    await region.stop();
    equal(region.status.phase, 'stopped');
    deepEqual(problems, []);
  });

  it('refuses a task of its own that differs from the one above, with the field', async () => {
    await floors.hub();
    const running = await floors.region({ task: summing({ training: { batchSize: 8 } }) });
    await floors.passUntil(() => running.region.status.phase === 'refused');
    ok(running.region.status.problem?.includes('training.batchSize: expected 32, got 8'));
    const own = summing({ aggregation: { ...summing().aggregation, robust: 'clip' } });
    const other = await floors.region({ task: own });
    await floors.ready(other);
    equal(other.region.task.aggregation.robust, 'clip');
  });
});
