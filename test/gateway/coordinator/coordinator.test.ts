import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { Fleet, settle, tinyTask, until } from './fleet';

describe('Coordinator', () => {
  let fleet: Fleet;
  afterEach(() => fleet.close());

  it('makes a version of a full buffer and acknowledges each update', async () => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    const { coordinator, versions } = await fleet.coordinator();
    const [a, b] = [await fleet.gateway('a'), await fleet.gateway('b')];
    const { lineage } = coordinator.state;
    const before = coordinator.export('current').parameters;
    const first = a.update(lineage, 0.5, { samples: 30 });
    const second = b.update(lineage, 0.1, { samples: 10 });
    await a.send(first);
    await b.send(second);
    await until(() => versions.length === 1);
    await settle();
    equal(a.ackOf(first)?.status, 'accepted');
    equal(b.ackOf(second)?.status, 'accepted');
    equal(coordinator.state.version, 1);
    const after = coordinator.export('current').parameters;
    // (30 * 0.5 + 10 * 0.1) / 40
    after.forEach((value, i) => ok(Math.abs(value - before[i]! - 0.4) < 1e-6));
    const report = versions[0]!;
    equal(report.cause, 'full');
    deepEqual(
      report.contributions.map(({ gateway, weight }) => [gateway, weight]),
      [
        ['a', 0.75],
        ['b', 0.25],
      ],
    );
    ok(report.updateBytes > 0 && report.patchBytes > 0);
  });
});
void [rejects, throws];
