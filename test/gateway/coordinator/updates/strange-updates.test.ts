import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { Plan } from '../../../../gateway/model';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

describe('updates that are valid messages, however strange', () => {
  let fleet: Fleet;
  afterEach(() => fleet.close());

  const number = fc.oneof(
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 3.4e38, -3.4e38, 1e-45, 1),
    fc.float({ noNaN: true }),
  );
  const count = fc.oneof(fc.nat(3), fc.constantFrom(1, 1_000_000, Number.MAX_SAFE_INTEGER));
  const microBatch = fc.integer({ min: 1, max: 1024 });
  const entry = fc.record({
    tensor: fc.nat(2),
    channels: fc.option(fc.subarray([0, 1, 2, 3]), { nil: undefined }),
  });
  // The bytes of a plan cannot name a tensor twice, or in another order.
  const ascending = fc
    .uniqueArray(entry, { maxLength: 3, selector: ({ tensor }) => tensor })
    .map((entries) => entries.sort((a, b) => a.tensor - b.tensor));
  const anyPlan = fc.record({ microBatch, entries: ascending });
  const anyValues = fc.array(number, { maxLength: 10 });
  /** A plan and finite numbers for its parameters, which are strange only in their size. */
  const fitting = (entries: Plan['entries'], length: number) => {
    const finite = number.map((value) => (Number.isFinite(value) ? value : 3.4e38));
    const values = fc.array(finite, { minLength: length, maxLength: length });
    return fc.record({ plan: fc.record({ microBatch, entries: fc.constant(entries) }), values });
  };
  const change: fc.Arbitrary<{ plan: Plan; values: number[] }> = fc.oneof(
    fc.record({ plan: anyPlan, values: anyValues }),
    fitting([{ tensor: 0 }, { tensor: 1 }], 9),
    fitting([{ tensor: 1 }], 3),
    fitting([{ tensor: 0, channels: [1] }], 3),
  );
  const update = fc.record({
    change,
    samples: count,
    steps: count,
    /** Versions before the newest one; -1 is from the future. */
    age: fc.integer({ min: -1, max: 3 }),
    variance: fc.oneof(number, fc.constant(1e300)),
  });

  const rules = [
    { variance: 'gradient' },
    { variance: 'coordinates', age: { kind: 'exponential', rate: 50 } },
    { variance: 'distance', server: { kind: 'adam' } },
    { variance: 'none', server: { kind: 'sgd', learningRate: 10, momentum: 0.9 } },
    { rule: { kind: 'fedavg' } },
    { rule: { kind: 'fedasync' }, age: { kind: 'hinge' } },
    { rule: { kind: 'fedbuff' }, server: { kind: 'yogi' } },
    { rule: { kind: 'ca2fl', cacheBytes: 60 } },
    { rule: { kind: 'fadas' } },
  ] as const;
  for (const rule of rules) {
    it(`are each acknowledged, and leave a model of finite numbers (${JSON.stringify(rule)})`, async () => {
      fleet = new Fleet(
        tinyTask({
          aggregation: { bufferSize: 2, maxNorm: 1e39, ...rule },
          encoding: { patch: 'int8', update: 'float32' },
        }),
      );
      const { coordinator, problems, versions } = await fleet.coordinator();
      const a = await fleet.gateway('a');
      let sent = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(update, { minLength: 1, maxLength: 5 }), async (list) => {
          for (const { change: one, age, ...numbers } of list) {
            const { lineage, version } = coordinator.status;
            const baseVersion = Math.max(0, version - age);
            const delta = Float32Array.from(one.values);
            await a.send(a.update(lineage, delta, { ...numbers, baseVersion, plan: one.plan }));
          }
          sent += list.length;
          await until(() => a.acks.length === sent);
        }),
        { numRuns: 100 },
      );
      await settle(20);
      ok(versions.length > 10, `${versions.length} versions`);
      for (const which of ['current', 'average'] as const) {
        ok(coordinator.export(which).parameters.every(Number.isFinite), which);
      }
      for (const report of versions) {
        const sum = report.contributions.reduce((total, { weight }) => total + weight, 0);
        ok(Math.abs(sum - 1) < 1e-9);
      }
      equal(coordinator.status.phase, 'collecting');
      deepEqual(
        problems.filter(({ message }) => !/range of float32/.test(message)),
        [],
      );
    });
  }
});
