import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { createAggregator, PseudoGradient, rules } from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { runAsync, runSync } from '../../../../gateway/platform';
import { tinyTask } from '../fleet-harness';
import { contribution } from './contributions';
import { combine, type RuleInput, rule } from './rules';

/** Every rule with its default settings, and some with others. */
const subjects: readonly RuleInput[] = [
  ...Object.keys(rules).map((kind) => ({ kind }) as RuleInput),
  { kind: 'fedavg', overSelection: 0.3 },
  { kind: 'ca2fl', cacheBytes: 0 },
  { kind: 'fedasync', mixing: 1 },
];

const newest = 60;
const size = 6;

const fields = fc.record({
  samples: fc.integer({ min: 1, max: 100_000 }),
  age: fc.nat(50),
  variance: fc.double({ min: 0, max: 1e9, noNaN: true }),
  offset: fc.nat(3),
  delta: fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 3 }),
});

/** Buffers of plans that differ, each gateway once. */
const buffers = fc.array(fields, { minLength: 1, maxLength: 8 }).map((list) =>
  list.map(({ samples, age, variance, offset, delta }, i) =>
    contribution(delta, {
      gateway: `g${i}`,
      samples,
      baseVersion: newest - age,
      variance,
      segments: [{ offset, length: delta.length }],
    }),
  ),
);

/** For each coordinate the deltas that hold it. */
function columns(buffer: readonly Contribution[]): number[][] {
  return Array.from({ length: size }, (_, i) =>
    buffer.flatMap(({ segments, delta }) => {
      const { offset, length } = segments[0]!;
      return i >= offset && i < offset + length ? [delta[i - offset]!] : [];
    }),
  );
}

for (const given of subjects) {
  describe(`every rule, here ${JSON.stringify(given)},`, () => {
    const make = () => rule(given);

    it('gives shares that add up to 1, the ages, and finite numbers for any buffer', () => {
      fc.assert(
        fc.property(buffers, (buffer) => {
          const { weights, values, shares } = combine(make(), buffer, newest, size);
          deepEqual(
            weights.map(({ age }) => age),
            buffer.map(({ baseVersion }) => newest - baseVersion),
          );
          ok(shares.every((share) => share >= 0 && share <= 1));
          ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
          ok(values.every(Number.isFinite));
        }),
      );
    });

    it('holds exactly the coordinates that a plan of the buffer holds, and moves none beyond its deltas', () => {
      fc.assert(
        fc.property(buffers, (buffer) => {
          const { pseudoGradient, values } = combine(make(), buffer, newest, size);
          const held = columns(buffer);
          const inside = new Set(
            pseudoGradient.held.flatMap(({ offset, length }) =>
              [...Array(length).keys()].map((i) => offset + i),
            ),
          );
          held.forEach((deltas, i) => {
            equal(inside.has(i), deltas.length > 0);
            if (deltas.length === 0) return;
            ok(values[i]! <= Math.max(0, ...deltas) + 1e-4 && values[i]! >= Math.min(0, ...deltas) - 1e-4);
          });
        }),
      );
    });

    it('says before how far each contribution moves the mean, whether steps are normalised or not', () => {
      const task = tinyTask({ aggregation: { rule: given, steps: 'normalise' } });
      fc.assert(
        fc.property(
          fc.boolean(),
          buffers,
          fc.array(fc.integer({ min: 1, max: 40 })),
          (isKept, all, steps) => {
            const aggregator = isKept ? make() : createAggregator(task.aggregation, task.training);
            // One plan, so that the mean is the same sum at each coordinate.
            const buffer = all.map((one, i) =>
              contribution([one.delta[0]!], {
                ...one,
                segments: [{ offset: 0, length: 1 }],
                steps: steps[i] ?? 1,
              }),
            );
            const scratch = new PseudoGradient(size);
            const shares = runSync(aggregator.shares({ contributions: buffer, version: newest }, scratch));
            runSync(aggregator.combine({ contributions: buffer, version: newest }, scratch));
            const sum = buffer.reduce((total, { delta }, i) => total + shares[i]! * delta[0]!, 0);
            ok(Math.abs(sum - scratch.values[0]!) < 1e-4, `${sum}, not ${scratch.values[0]}`);
          },
        ),
      );
    });

    it('takes one fresh contribution as it is, or a share of it', () => {
      const { values } = combine(make(), [contribution([1.5, -2, 0])], 0, 3);
      const share = values[0]! / 1.5;
      ok(share > 0 && share <= 1, `${share}`);
      deepEqual(values, [1.5 * share, -2 * share, 0]);
    });

    it('does not divide by zero: no variance, no movement, the largest ages', () => {
      const still = [contribution([0, 0], { gateway: 'a' }), contribution([0, 0], { gateway: 'b' })];
      for (const version of [0, 100_000]) {
        const { values, shares } = combine(make(), still, version, 2);
        deepEqual(values, [0, 0]);
        ok(shares.every((share) => share >= 0 && share <= 1));
      }
    });

    // A rule whose buffers hold one contribution applies those that waited together one after the other.
    if (make().capacity(10_000) > 1) {
      it('gives the same for any order inside a buffer', () => {
        fc.assert(
          fc.property(buffers, (buffer) => {
            const forwards = combine(make(), buffer, newest, size).values;
            const backwards = combine(make(), [...buffer].reverse(), newest, size).values;
            forwards.forEach((value, i) => {
              ok(Math.abs(value - backwards[i]!) < 1e-6);
            });
          }),
        );
      });
    }

    it('leaves the contributions as they are', () => {
      const list = [contribution([1, 2]), contribution([3, 4], { samples: 3 })];
      const before = structuredClone(list);
      combine(make(), list, 5);
      deepEqual(list, before);
    });

    it('keeps no delta that it was given: its memory is for other deltas once the version is published', () => {
      const rounds = fc.array(buffers, { minLength: 2, maxLength: 4 });
      fc.assert(
        fc.property(rounds, (list) => {
          const [kept, reused] = [make(), make()];
          for (const buffer of list) {
            const copies = structuredClone(buffer);
            const expected = combine(kept, buffer, newest, size).values;
            deepEqual(combine(reused, copies, newest, size).values, expected);
            for (const { delta } of copies) delta.fill(Number.NaN);
          }
        }),
      );
    });

    it('pauses after each contribution, and gives the same with pauses as without', async () => {
      const list = Array.from({ length: 5 }, (_, i) => contribution([i, 2, 3], { gateway: `g${i}` }));
      const pseudoGradient = new PseudoGradient(3);
      let turns = 0;
      const steps = make().combine({ contributions: list, version: 0 }, pseudoGradient);
      const weights = await runAsync(steps, async () => void turns++);
      ok(turns >= list.length, `${turns} turns`);
      const whole = combine(make(), list, 0, 3);
      deepEqual([weights, [...pseudoGradient.values]], [whole.weights, whole.values]);
    });

    it('reuses a pseudo-gradient without a trace of the previous buffer', () => {
      const used = new PseudoGradient(4);
      runSync(make().combine({ contributions: [contribution([9, 9, 9, 9])], version: 0 }, used));
      const contributions = [contribution([1, 2], { segments: [{ offset: 2, length: 2 }] })];
      runSync(make().combine({ contributions, version: 0 }, used));
      const fresh = combine(make(), contributions, 0, 4).pseudoGradient;
      deepEqual(used.held, fresh.held);
      deepEqual([...used.values.slice(2)], [...fresh.values.slice(2)]);
    });

    it('continues from a checkpoint as if it had never stopped', () => {
      const rounds = fc.array(buffers, { minLength: 2, maxLength: 4 });
      fc.assert(
        fc.property(rounds, (list) => {
          const first = make();
          for (const buffer of list.slice(0, -1)) combine(first, buffer, newest, size);
          const second = make();
          const kept = new Map([...first.arrays()].map(([name, values]) => [name, values.slice()]));
          second.restore(kept);
          deepEqual(second.arrays(), first.arrays());
          const last = list.at(-1)!;
          const expected = combine(first, last, newest, size);
          const actual = combine(second, last, newest, size);
          expected.values.forEach((value, i) => {
            ok(Math.abs(value - actual.values[i]!) < 1e-9);
          });
          deepEqual(actual.shares, expected.shares);
        }),
      );
    });

    it('resets from an empty map', () => {
      const aggregator = make();
      const list = [contribution([1, 2], { gateway: 'a' }), contribution([3, 4], { gateway: 'b' })];
      const first = combine(aggregator, list).values;
      aggregator.restore(new Map());
      deepEqual(combine(aggregator, list).values, first);
    });

    it('asks for delay compensation between none and all, and brings a server that has not stepped yet', () => {
      const { damping } = make();
      ok(damping >= 0 && damping <= 1, `${damping}`);
      equal(make().createServer().arrays().size, 0);
    });

    it('has cohorts of at least a full buffer if it is synchronous, and none otherwise', () => {
      const aggregator = rule(given, { bufferSize: 7 });
      const { synchronous, cohortSize } = aggregator;
      if (!synchronous) equal(cohortSize, undefined);
      else ok(cohortSize! >= aggregator.capacity(10_000), `${cohortSize}`);
    });

    it('asks for at least one contribution, however few gateways are online, and never for more than are waiting', () => {
      for (const online of [0, 1, 2, 7, 10_000]) {
        const aggregator = make();
        const capacity = aggregator.capacity(online);
        ok(Number.isInteger(capacity) && capacity >= 1);
        equal(aggregator.ready([], online), 0);
        const waiting: Contribution[] = [];
        while (waiting.length < capacity) {
          equal(aggregator.ready(waiting, online), 0);
          waiting.push(contribution([1]));
        }
        equal(aggregator.ready(waiting, online), capacity);
      }
    });
  });
}
