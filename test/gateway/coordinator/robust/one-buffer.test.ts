import { deepEqual, equal, throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { Robustness } from '../../../../gateway/coordinator/robust';
import { krum, toleratedOf } from '../../../../gateway/coordinator/robust/krum';
import {
  replaceByMiddle,
  trimmedForMedian,
  trimmedMean,
  trimmedOf,
} from '../../../../gateway/coordinator/robust/trimmed-mean';
import { runSync } from '../../../../gateway/platform';
import { contribution } from '../aggregation/contributions';
import { close, rule } from '../aggregation/rules';
import { tinyTask } from '../fleet-harness';

interface Vector {
  readonly hostile: number;
  readonly buffer: number[][];
  readonly median: number[];
  readonly trimmed: number[];
  readonly krum: number[];
}

const vectors: Vector[] = JSON.parse(
  readFileSync(join(__dirname, '../../../fixtures/robust/vectors.json'), 'utf8'),
);

const alike = (buffer: number[][]) => buffer.map((delta) => contribution(delta));

/** A mean that no weight can move: all contributions have the same values. */
const middleOf = (contributions: Contribution[], trimmed: (count: number) => number) => {
  runSync(replaceByMiddle(contributions, trimmed));
  return contributions.map(({ delta }) => [...delta]);
};

describe('protections that look at one buffer', () => {
  it('make of a buffer what ByzFL makes of it: median, trimmed mean, Krum', () => {
    for (const { hostile, buffer, median, trimmed, krum: chosen } of vectors) {
      for (const values of middleOf(alike(buffer), trimmedForMedian)) close(values, median);
      for (const values of middleOf(alike(buffer), () => hostile)) close(values, trimmed);
      deepEqual(buffer[runSync(krum(alike(buffer), hostile))], chosen);
    }
  });

  it('work coordinate by coordinate over the plans that hold it', () => {
    const plans = [
      contribution([1, 2, 3], { segments: [{ offset: 0, length: 3 }] }),
      contribution([10, 20], { segments: [{ offset: 1, length: 2 }] }),
      contribution([4, 100, 5], {
        segments: [
          { offset: 0, length: 1 },
          { offset: 2, length: 1 },
          { offset: 6, length: 1 },
        ],
      }),
    ];
    // Coordinate 0 is held by 1 and 4, 1 by 2 and 10, 2 by all three, 6 by the last alone.
    deepEqual(middleOf(plans, trimmedForMedian), [
      [2.5, 6, 20],
      [6, 20],
      [2.5, 20, 5],
    ]);
  });

  it('agree with a sort of each coordinate, whatever the plans are', () => {
    const run = fc.record({ offset: fc.nat(11), length: fc.integer({ min: 1, max: 4 }) });
    const plan = fc.array(run, { minLength: 1, maxLength: 3 }).map((runs) => {
      const held = [
        ...new Set(runs.flatMap(({ offset, length }) => [...Array(length).keys()].map((i) => offset + i))),
      ];
      return held.sort((a, b) => a - b).map((offset) => ({ offset, length: 1 }));
    });
    fc.assert(
      fc.property(
        fc.array(plan, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.integer({ min: -50, max: 50 })),
        (plans, stream) => {
          const numbers = stream[Symbol.iterator]();
          const buffer = plans.map((segments) =>
            contribution(
              segments.map(() => numbers.next().value as number),
              { segments },
            ),
          );
          const held = new Map<number, number[]>();
          for (const { segments, delta } of buffer)
            for (const [i, { offset }] of segments.entries())
              held.set(offset, [...(held.get(offset) ?? []), delta[i]!]);
          const expected = buffer.map(({ segments }) =>
            segments.map(({ offset }) => {
              const values = Float64Array.from(held.get(offset)!);
              return Math.fround(trimmedMean(values, trimmedOf(values.length)));
            }),
          );
          deepEqual(middleOf(buffer, trimmedOf), expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  for (const [count, trimmed, hostile] of [
    [1, 0, 0],
    [2, 0, 0],
    [3, 1, 0],
    [5, 1, 1],
    [9, 2, 2],
    [10, 3, 3],
    [20, 6, 6],
  ] as const)
    it(`set ${trimmed} of ${count} aside at each end, and stand ${hostile} in the choice of one`, () => {
      deepEqual([trimmedOf(count), toleratedOf(count)], [trimmed, hostile]);
    });

  for (const kind of ['median', 'trimmed', 'krum'] as const)
    it(`let no gateway count more by sending three times and claiming most samples: ${kind}`, () => {
      const robustness = new Robustness(kind, 2, false);
      const buffer = ['a', 'b', 'x', 'x', 'x', 'c', 'd'].map((gateway) =>
        gateway === 'x'
          ? contribution([-9, -9], { gateway, samples: 1e9 })
          : contribution([1, 1], { gateway }),
      );
      const { factors } = runSync(robustness.treat(buffer, 0))!;
      equal(factors!.filter((factor) => factor === 1).length, kind === 'krum' ? 1 : 5);
      const into = new PseudoGradient(2);
      runSync(rule({ kind: 'ftte' }).combine({ contributions: buffer, version: 0, factors }, into));
      close(into.values, [1, 1]);
    });

  for (const [aggregation, message] of [
    [
      { robust: 'krum', bufferSize: 4 },
      /^aggregation.bufferSize: expected auto or 5 to 100 with the protection krum, got 4: it needs 2 f \+ 3/,
    ],
    [{ robust: 'krum', bufferSize: 101 }, /expected auto or 5 to 100 with the protection krum, got 101/],
    [
      { robust: 'median', bufferSize: 2 },
      /expected auto or at least 3 with the protection median, got 2: two/,
    ],
    [
      { robust: 'trimmed', bufferSize: 1 },
      /expected auto or at least 3 with the protection trimmed, got 1: of/,
    ],
    [
      { robust: 'median', rule: { kind: 'fedasync' } },
      /^aggregation.robust: expected none, clip or trust with the rule fedasync, got median: a version has one/,
    ],
    [
      { robust: 'krum', rule: { kind: 'ca2fl' } },
      /^aggregation.robust: expected none, clip or trust with the rule ca2fl, got krum: the rule remembers/,
    ],
  ] as const)
    it(`are refused where they cannot work: ${JSON.stringify(aggregation)}`, () => {
      throws(() => tinyTask({ aggregation }), { code: 'task-invalid', message });
    });
});
