import { deepEqual, equal, ok } from 'node:assert/strict';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

describe('the versions that a coordinator makes of its buffer', () => {
  let fleet: Fleet;
  afterEach(() => fleet.close());

  it('come from a full buffer, whose updates are each acknowledged', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const [a, b] = [await fleet.gateway('a'), await fleet.gateway('b')];
    const { lineage } = coordinator.status;
    const before = coordinator.export('current').parameters;
    const first = a.update(lineage, 0.5, { samples: 30 });
    const second = b.update(lineage, 0.1, { samples: 10 });
    await a.send(first);
    await b.send(second);
    await until(() => versions.length === 1);
    await settle();
    equal(a.ackOf(first)?.status, 'accepted');
    equal(b.ackOf(second)?.status, 'accepted');
    equal(coordinator.status.version, 1);
    // (30 * 0.5 + 10 * 0.1) / 40
    const moved = coordinator.export('current').parameters.map((value, i) => value - before[i]!);
    ok(moved.every((value) => Math.abs(value - 0.4) < 1e-6));
    const report = versions[0]!;
    equal(report.cause, 'full');
    const shares = report.contributions.map(({ gateway, weight }) => [gateway, weight]);
    deepEqual(shares, [
      ['a', 0.75],
      ['b', 0.25],
    ]);
    ok(report.updateBytes > 0 && report.patchBytes > 0);
    equal(report.gatewaysOnline, 2);
  });

  it('give a gateway at most the weight of a whole round, however many samples it reports', async () => {
    fleet = new Fleet(
      tinyTask({ aggregation: { bufferSize: 2 }, training: { maxSamplesPerRound: 30, batchSize: 10 } }),
    );
    const { coordinator, versions } = await fleet.coordinator();
    const [a, b] = [await fleet.gateway('a'), await fleet.gateway('b')];
    const { lineage } = coordinator.status;
    await a.send(
      a.update(lineage, 0.5, { samples: Number.MAX_SAFE_INTEGER, steps: Number.MAX_SAFE_INTEGER }),
    );
    await b.send(b.update(lineage, 0.1, { samples: 10 }));
    await until(() => versions.length === 1);
    deepEqual(
      versions[0]?.contributions.map(({ gateway, samples, weight }) => [gateway, samples, weight]),
      [
        ['a', 30, 0.75],
        ['b', 10, 0.25],
      ],
    );
  });

  it('come from a partial buffer after the longest wait, counted from the first contribution', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 5, maxWaitMs: 10_000 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const { lineage } = coordinator.status;
    await a.send(a.update(lineage, 1));
    await until(() => coordinator.status.buffered === 1);
    await settle();
    fleet.clock.advance(6_000);
    await a.send(a.update(lineage, 1));
    await until(() => coordinator.status.buffered === 2);
    fleet.clock.advance(3_999);
    await settle();
    equal(versions.length, 0);
    fleet.clock.advance(1);
    await until(() => versions.length === 1);
    equal(versions[0]?.cause, 'max-wait');
    equal(versions[0]?.contributions.length, 2);
    fleet.clock.advance(60_000);
    await settle();
    equal(versions.length, 1, 'an empty buffer makes no version');
  });

  it('come from a smaller buffer when the fleet gets smaller', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 'auto' } }));
    const { coordinator, versions } = await fleet.coordinator();
    const gateways = [];
    for (const id of ['a', 'b', 'c', 'd']) gateways.push(await fleet.gateway(id));
    const [a, b] = gateways;
    await until(() => coordinator.status.bufferSize === 3);
    await a?.send(a.update(coordinator.status.lineage, 1));
    await a?.send(a.update(coordinator.status.lineage, 2));
    await until(() => coordinator.status.buffered === 2);
    equal(versions.length, 0);
    b?.transport.drop({ stay: true });
    gateways[2]?.transport.drop({ stay: true });
    await until(() => versions.length === 1);
    equal(versions[0]?.gatewaysOnline, 2);
  });

  it('wait during a pause, in which updates are accepted, and come buffer by buffer afterwards', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2, maxWaitMs: 1_000 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    coordinator.pause();
    for (let i = 0; i < 5; i++) await a.send(a.update(coordinator.status.lineage, 1));
    await until(() => a.acks.length === 5);
    fleet.clock.advance(60_000);
    await settle();
    equal(versions.length, 0);
    equal(coordinator.status.phase, 'paused');
    coordinator.resume();
    await until(() => versions.length === 2);
    equal(coordinator.status.buffered, 1);
    fleet.clock.advance(1_000);
    await until(() => versions.length === 3);
    deepEqual(
      versions.map(({ cause, contributions }) => [cause, contributions.length]),
      [
        ['full', 2],
        ['full', 2],
        ['max-wait', 1],
      ],
    );
  });

  it('wait within a bound of memory during a pause: further updates stay with their gateways', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const { coordinator } = await fleet.coordinator({ bufferBytes: 3 * 9 * 4 });
    const a = await fleet.gateway('a');
    coordinator.pause();
    const updates = Array.from({ length: 5 }, () => a.update(coordinator.status.lineage, 1));
    for (const update of updates) await a.send(update);
    await until(() => a.acks.length === 3);
    await settle();
    equal(a.acks.length, 3);
    equal(coordinator.status.buffered, 3);
    coordinator.resume();
    await until(() => coordinator.status.version >= 1);
    await a.send(updates[4]!);
    await until(() => a.ackOf(updates[4]!)?.status === 'accepted');
  });

  it('come on request from what the buffer holds, and not from an empty buffer', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 5 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    await coordinator.applyNow();
    equal(coordinator.status.version, 0);
    await a.send(a.update(coordinator.status.lineage, 1));
    await until(() => coordinator.status.buffered === 1);
    await coordinator.applyNow();
    equal(versions[0]?.cause, 'request');
    equal(coordinator.status.version, 1);
  });

  it('give an older contribution less weight, by its age when it is applied', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const a = await fleet.gateway('a');
    const { lineage } = coordinator.status;
    for (let version = 0; version < 3; version++) {
      await a.send(a.update(lineage, 0.1, { baseVersion: version }));
      await until(() => versions.length === version + 1);
    }
    coordinator.pause();
    await a.send(a.update(lineage, 0.1, { baseVersion: 3 }));
    await a.send(a.update(lineage, 0.1, { baseVersion: 0 }));
    await until(() => coordinator.status.buffered === 2);
    await coordinator.applyNow();
    const [young, old] = versions[3]?.contributions ?? [];
    deepEqual([young?.age, old?.age], [0, 3]);
    ok(Math.abs((old?.weight ?? 0) / (young?.weight ?? 1) - 0.5) < 1e-9, '1 / sqrt(1 + 3)');
  });
});
