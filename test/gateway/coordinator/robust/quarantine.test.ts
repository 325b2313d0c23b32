import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { Fleet, kill, tinyTask, until, type Watched } from '../fleet-harness';

const honest = ['a', 'b', 'c', 'd'];

describe('a coordinator whose task asks for trust', () => {
  it('quarantines a gateway that pushes back, says so, remembers it over a crash, and releases it on demand', async () => {
    const fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 5, robust: 'trust' } }));
    try {
      const folder = await fleet.folder();
      let hub: Watched = await fleet.coordinator({ folder });
      const gateways = await Promise.all([...honest, 'x'].map((id) => fleet.gateway(id)));
      const hostile = gateways.at(-1)!;
      const { lineage } = hub.coordinator.status;
      for (let version = 0; version < 3; version++) {
        for (const gateway of gateways) {
          const evaluation = { windows: 8, loss: 1, counts: [8, 0, 0], right: [8, 0, 0] };
          const value = gateway === hostile ? -0.5 : 0.5;
          const update = gateway.update(lineage, value, { baseVersion: version, evaluation });
          await gateway.send(update);
          await until(() => gateway.ackOf(update)?.status === 'accepted');
        }
        await until(() => hub.versions.length > version);
      }
      const last = hub.versions.at(-1)!.contributions;
      deepEqual(
        last.map(({ gateway, treatment }) => [gateway, treatment!.factor, treatment!.change]),
        [...honest.map((id) => [id, 1, undefined]), ['x', 0, 'quarantined']],
      );
      equal(last.at(-1)!.weight, 0);
      deepEqual(
        hub.versions.map(({ federated }) => federated?.gateways),
        [5, 5, 4],
        'what it measured is not believed any more',
      );
      const notice = hub.notices.find(({ code }) => code === 'quarantined')!;
      match(notice.text, /^x is quarantined: its updates push the model back \(trust -1\.00\)/);
      const quarantineIn = ({ coordinator }: Watched) =>
        coordinator.status.gateways.find(({ id }) => id === 'x')?.quarantine;
      deepEqual([quarantineIn(hub)!.since, quarantineIn(hub)!.until], [2, 22]);

      await kill(hub, folder);
      hub = await fleet.coordinator({ folder });
      ok(quarantineIn(hub));
      const refused = hostile.update(lineage, -0.5, { baseVersion: 3 });
      await hostile.send(refused);
      await until(() => hostile.ackOf(refused) !== undefined);
      equal(hostile.ackOf(refused)!.reason, 'quarantined');
      equal(hub.coordinator.status.rejected['quarantined'], 1);

      await rejects(
        hub.coordinator.release('a'),
        /gateway a is neither quarantined nor on probation, so it cannot be released/,
      );
      await hub.coordinator.release('x');
      equal(quarantineIn(hub), undefined);
      ok(hub.notices.some(({ code, text }) => code === 'quarantine-ended' && /released by hand/.test(text)));
      const taken = hostile.update(lineage, 0.5, { baseVersion: 3 });
      await hostile.send(taken);
      await until(() => hostile.ackOf(taken)?.status === 'accepted');
    } finally {
      await fleet.close();
    }
  });
});

describe('a gateway that is quarantined again', () => {
  it('is named as such, with how often it was and what to do, after a restart, too', async () => {
    const fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 5, robust: 'trust' } }));
    try {
      const folder = await fleet.folder();
      let hub: Watched = await fleet.coordinator({ folder });
      const gateways = await Promise.all([...honest, 'x'].map((id) => fleet.gateway(id)));
      const { lineage } = hub.coordinator.status;
      const rounds = async (from: number) => {
        for (let version = from; version < from + 3; version++) {
          for (const gateway of gateways) {
            const value = gateway === gateways.at(-1) ? -0.5 : 0.5;
            const update = gateway.update(lineage, value, { baseVersion: version });
            await gateway.send(update);
            await until(() => gateway.ackOf(update)?.status === 'accepted');
          }
          await until(() => hub.coordinator.status.version > version);
        }
      };
      await rounds(0);
      await hub.coordinator.release('x');
      await kill(hub, folder);
      hub = await fleet.coordinator({ folder });
      for (const gateway of gateways) await gateway.hello();
      await rounds(3);
      const quarantined = () => hub.notices.find(({ code }) => code.startsWith('quarantined'));
      await until(() => quarantined() !== undefined);
      const notice = quarantined();
      deepEqual([notice?.code, notice?.details?.['times']], ['quarantined-again', 2]);
      match(notice!.text, /^x is quarantined again, 2 times by now: .* release it; if not, take it out/);
      equal(hub.coordinator.status.gateways.find(({ id }) => id === 'x')?.quarantine?.times, 2);
      const refused = gateways.at(-1)!.update(lineage, -0.5, { baseVersion: 6 });
      await gateways.at(-1)!.send(refused);
      await until(() => gateways.at(-1)!.ackOf(refused) !== undefined);
      match(
        gateways.at(-1)!.ackOf(refused)!.detail ?? '',
        /quarantined from version 5 to 25, 2 times by now/,
      );
    } finally {
      await fleet.close();
    }
  });
});

describe('a gateway that is excluded', () => {
  it('takes what it measured along', async () => {
    const fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    try {
      const { coordinator, versions } = await fleet.coordinator();
      const gateways = await Promise.all(['a', 'b'].map((id) => fleet.gateway(id)));
      const evaluation = { windows: 8, loss: 1, counts: [8, 0, 0], right: [8, 0, 0] };
      for (const [baseVersion, gateway] of [...gateways, gateways[1]!].entries()) {
        if (baseVersion === 2) coordinator.exclude('a');
        await gateway.send(gateway.update(coordinator.status.lineage, 0.1, { baseVersion, evaluation }));
        await until(() => versions.length > baseVersion);
      }
      deepEqual(
        versions.map(({ federated }) => federated?.gateways),
        [1, 2, 1],
      );
    } finally {
      await fleet.close();
    }
  });
});
