import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import {
  ageWeight,
  median,
  sampleWeight,
  varianceWeights,
} from '../../../../gateway/coordinator/aggregation';
import type { Aggregation } from '../../../../gateway/task';

type AgeRule = Aggregation['age'];

const near = (actual: number, expected: number) =>
  ok(Math.abs(actual - expected) < 1e-9, `expected ${expected}, got ${actual}`);

describe('the weight of an age', () => {
  const table: [AgeRule, [age: number, weight: number][]][] = [
    [
      { kind: 'constant' },
      [
        [0, 1],
        [1, 1],
        [50, 1],
      ],
    ],
    // 1 / sqrt(1 + tau), not 1 / (1 + sqrt(tau)): at age 3 that is 1/2, not 0.366; at age 8 1/3, not 0.261.
    [
      { kind: 'polynomial', alpha: 0.5 },
      [
        [0, 1],
        [1, Math.SQRT1_2],
        [3, 1 / 2],
        [8, 1 / 3],
        [99, 0.1],
      ],
    ],
    [
      { kind: 'polynomial', alpha: 1 },
      [
        [0, 1],
        [1, 1 / 2],
        [3, 1 / 4],
      ],
    ],
    [
      { kind: 'polynomial', alpha: 0 },
      [
        [0, 1],
        [9, 1],
      ],
    ],
    [
      { kind: 'hinge', grace: 4, slope: 0.5 },
      [
        [0, 1],
        [4, 1],
        [5, 1 / 1.5],
        [6, 1 / 2],
        [10, 1 / 4],
      ],
    ],
    [
      { kind: 'exponential', rate: Math.LN2 },
      [
        [0, 1],
        [1, 1 / 2],
        [3, 1 / 8],
      ],
    ],
  ];
  for (const [rule, rows] of table) {
    for (const [age, weight] of rows) {
      it(`${JSON.stringify(rule)} is ${weight.toPrecision(4)} at age ${age}`, () => {
        near(ageWeight(age, rule), weight);
      });
    }
  }

  const anyRule: fc.Arbitrary<AgeRule> = fc.oneof(
    fc.constant<AgeRule>({ kind: 'constant' }),
    fc.record({
      kind: fc.constant('polynomial' as const),
      alpha: fc.double({ min: 0, max: 10, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant('hinge' as const),
      grace: fc.nat(20),
      slope: fc.double({ min: 1e-3, max: 100, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant('exponential' as const),
      rate: fc.double({ min: 1e-3, max: 100, noNaN: true }),
    }),
  );

  it('never rises with age and never reaches zero, whatever the rule', () => {
    fc.assert(
      fc.property(anyRule, fc.nat(100_000), fc.nat(1000), (rule, age, more) => {
        const young = ageWeight(age, rule);
        const old = ageWeight(age + more, rule);
        ok(young <= 1 && old <= young && old > 0);
      }),
    );
  });
});

describe('the weight of samples', () => {
  it('is the count at exponent 1, one at exponent 0, its root at 1/2', () => {
    equal(sampleWeight(64, 1), 64);
    equal(sampleWeight(64, 0), 1);
    equal(sampleWeight(64, 0.5), 8);
  });
});

describe('the weight of variances', () => {
  it('is 1/2 at the median, 1/4 at three times the median, and more below it', () => {
    deepEqual(varianceWeights([2 / 3, 2, 6]), [0.75, 0.5, 0.25]);
  });

  it('is that of the smallest credible variance for one that is not credible', () => {
    for (const lie of [0, 1e-30, 0.0019])
      deepEqual(varianceWeights([lie, 2 / 3, 2, 6, 6]), [0.75, 0.75, 0.5, 0.25, 0.25]);
  });

  it('is 1 for all if none has a variance', () => {
    deepEqual(varianceWeights([0, 0, 0]), [1, 1, 1]);
  });

  it('is relative to the mean if more than half have no variance', () => {
    // Mean 2: 1 / (1 + 6 / 2).
    deepEqual(varianceWeights([0, 0, 6]), [1, 1, 0.25]);
  });

  it('never rises with variance and never reaches zero', () => {
    const variance = fc.double({ min: 0, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(fc.array(variance, { minLength: 1, maxLength: 12 }), (variances) => {
        const weights = varianceWeights(variances);
        weights.forEach((weight, i) => {
          ok(weight > 0 && weight <= 1);
          weights.forEach((other, j) => {
            ok(variances[i]! > variances[j]! ? weight <= other : true);
          });
        });
      }),
    );
  });
});

describe('the median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    equal(median([5, 1, 3]), 3);
    equal(median([4, 1, 3, 100]), 3.5);
    equal(median([]), 0);
  });
});
