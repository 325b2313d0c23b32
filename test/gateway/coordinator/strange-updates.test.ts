import { equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { Plan } from '../../../gateway/task';
import { Fleet, settle, tinyTask, until } from './fleet';

describe('updates that are valid messages, however strange', () => {
  let fleet: Fleet;
  afterEach(() => fleet.close());

  const number = fc.oneof(
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 3.4e38, -3.4e38, 1e-45, 1),
    fc.float({ noNaN: true }),
  );
  const count = fc.oneof(fc.nat(3), fc.constantFrom(1, 1_000_000, Number.MAX_SAFE_INTEGER));
  const plan: fc.Arbitrary<Plan> = fc.record({
    microBatch: fc.integer({ min: 1, max: 1024 }),
    entries: fc.oneof(
      fc.constantFrom([{ tensor: 0 }, { tensor: 1 }], [{ tensor: 1 }], [{ tensor: 0, channels: [1] }]),
      fc.array(
        fc.record({
          tensor: fc.nat(2),
          channels: fc.option(fc.subarray([0, 1, 2, 3]), { nil: undefined }),
        }),
        { maxLength: 3 },
      ),
    ),
  });
  const update = fc.record({
    plan,
    values: fc.oneof(
      fc.array(number, { maxLength: 10 }),
      ...[3, 9].map((length) => fc.array(number, { minLength: length, maxLength: length })),
    ),
    samples: count,
    steps: count,
    baseVersion: fc.nat(4),
    variance: fc.oneof(number, fc.constant(1e300)),
  });

  const rules = [
    { variance: 'gradient' },
    { variance: 'coordinates', age: { kind: 'exponential', rate: 50 } },
    { variance: 'distance', server: { kind: 'adam' } },
    { variance: 'none', server: { kind: 'sgd', learningRate: 10, momentum: 0.9 } },
  ] as const;
  for (const rule of rules) {
    it(`are each answered and leave a model of finite numbers (${JSON.stringify(rule)})`, async () => {
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
          for (const { values, ...fields } of list) {
            await a.send(a.update(coordinator.state.lineage, Float32Array.from(values), fields));
          }
          sent += list.length;
          await until(() => a.acks.length === sent);
        }),
        { numRuns: 100 },
      );
      await settle(20);
      ok(versions.length > 0);
      for (const which of ['current', 'average'] as const) {
        ok(coordinator.export(which).parameters.every(Number.isFinite), which);
      }
      for (const report of versions) {
        const sum = report.contributions.reduce((total, { weight }) => total + weight, 0);
        ok(Math.abs(sum - 1) < 1e-9);
      }
      equal(coordinator.state.phase, 'collecting');
      ok(problems.every(({ message }) => /range of float32/.test(message)));
    });
  }
});
