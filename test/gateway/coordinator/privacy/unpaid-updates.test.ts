import assert from 'node:assert/strict';
import { PrivateVersions } from '../../../../gateway/coordinator/privacy';
import { Fleet, kill, settle, tinyTask, until } from '../fleet-harness';

describe('updates that nobody has paid for', () => {
  let fleet: Fleet;
  afterEach(() => fleet.close());

  it('are dropped if they waited before the task had privacy of gateways, and no later start recalls them', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 8, robust: 'none' } }));
    const privacy = { level: 'gateway', contributions: 3, separation: 1, clip: 1 } as const;
    const task = tinyTask({ privacy, aggregation: { bufferSize: 2 } });
    const folder = await fleet.folder();
    let hub = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    for (let i = 0; i < 6; i++) {
      const update = a.update(hub.coordinator.status.lineage, 1);
      await a.send(update);
      await until(() => a.ackOf(update) !== undefined);
    }
    const { lineage } = hub.coordinator.status;
    await kill(hub, folder);
    for (const start of [1, 2]) {
      hub = await fleet.coordinator({ folder, task });
      assert.equal(hub.coordinator.status.lineage, lineage);
      const said = hub.notices.filter(({ text }) => /are from before the task had privacy/.test(text));
      assert.equal(said.length, start === 1 ? 1 : 0);
      if (start === 1) await kill(hub, folder);
    }
    for (const id of ['a', 'b']) {
      const gateway = id === 'a' ? a : await fleet.gateway(id);
      await gateway.hello();
      const update = gateway.update(lineage, 1);
      await gateway.send(update);
      await until(() => gateway.ackOf(update) !== undefined);
    }
    await until(() => hub.versions.length > 0);
    assert.deepEqual(
      hub.versions.map(({ contributions }) => contributions.map(({ gateway }) => gateway)),
      [['a', 'b']],
    );
    const row = hub.coordinator.status.gateways.find(({ id }) => id === 'a');
    assert.equal(row?.privacy?.contributions, 1);
  });

  it('are in no version if a gateway is excluded while the version is being paid for', async () => {
    const privacy = { level: 'gateway', contributions: 1, separation: 1, clip: 1 } as const;
    fleet = new Fleet(tinyTask({ privacy, aggregation: { bufferSize: 3 } }));
    const excluded = new Set<string>();
    const folder = await fleet.folder();
    const hub = await fleet.coordinator({ folder, counts: (gateway) => !excluded.has(gateway) });
    hub.coordinator.pause();
    for (const id of ['a', 'b', 'c', 'd']) {
      const gateway = await fleet.gateway(id);
      const update = gateway.update(hub.coordinator.status.lineage, 1);
      await gateway.send(update);
      await until(() => gateway.ackOf(update) !== undefined);
    }
    const { pay } = PrivateVersions.prototype;
    const paid: string[][] = [];
    PrivateVersions.prototype.pay = async function (contributions, ...rest) {
      paid.push(contributions.map(({ gateway }) => gateway));
      await pay.call(this, contributions, ...rest);
      if (excluded.has('a')) return;
      excluded.add('a');
      hub.coordinator.exclude('a');
    };
    try {
      hub.coordinator.resume();
      await until(() => hub.versions.length > 0);
      await settle();
    } finally {
      PrivateVersions.prototype.pay = pay;
    }
    const made = hub.versions.map(({ contributions }) => contributions.map(({ gateway }) => gateway));
    assert.deepEqual(made, paid, 'a version is made of what was paid for');
    const spent = hub.coordinator.status.gateways.filter((row) => row.privacy?.contributions === 1);
    assert.deepEqual(new Set(spent.map(({ id }) => id)), new Set(made.flat()));
    assert.deepEqual(hub.problems, []);
  });
});
