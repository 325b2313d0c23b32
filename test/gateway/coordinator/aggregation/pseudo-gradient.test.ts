import { deepEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { runSync } from '../../../../gateway/platform';
import { contribution } from './contributions';

/** A contribution of 1 on each coordinate of these segments, of eight coordinates. */
const onSegments = (...segments: [number, number][]): Contribution => {
  const size = segments.reduce((sum, [, length]) => sum + length, 0);
  return contribution(Array(size).fill(1), {
    segments: segments.map(([offset, length]) => ({ offset, length })),
  });
};

/** The mean of eight coordinates, scaled by coverage. */
function scaledMean(contributions: readonly Contribution[], weights: readonly number[]): number[] {
  const pseudoGradient = new PseudoGradient(8);
  runSync(pseudoGradient.mean(contributions, weights));
  runSync(pseudoGradient.scaleByCoverage());
  return [...pseudoGradient.values];
}

describe('a pseudo-gradient that is scaled by coverage', () => {
  it('scales a coordinate of less than the mean weight to its share of that mean, and no other', () => {
    // Two contributions hold coordinates 0 and 1, one of them 2 as well: weights 2, 2 and 1, of mean 5 / 3.
    const values = scaledMean([onSegments([0, 2]), onSegments([0, 3])], [1, 1]);
    deepEqual(values.slice(0, 3), [1, 1, 3 / 5]);
  });

  it('scales coordinates of old contributions further than those of as many fresh ones', () => {
    // Three contributions hold coordinates 0 to 5; one fresh contribution alone holds 6, one old alone holds 7.
    const buffer = [
      onSegments([0, 6]),
      onSegments([0, 6]),
      onSegments([0, 6]),
      onSegments([6, 1]),
      onSegments([7, 1]),
    ];
    const [fresh, old] = scaledMean(buffer, [1, 1, 1, 1, 0.25]).slice(6);
    ok((old as number) < (fresh as number) && (fresh as number) < 1, `${old} and ${fresh}`);
  });

  it('leaves contributions of one plan as they are, to the bit', () => {
    const buffer = [0.1, 0.7, -3].map((value) => contribution([value, 2 * value, value / 3]));
    const pseudoGradient = new PseudoGradient(3);
    runSync(pseudoGradient.mean(buffer, [0.3, 0.1, 0.7]));
    const before = [...pseudoGradient.values];
    runSync(pseudoGradient.scaleByCoverage());
    deepEqual([...pseudoGradient.values], before);
  });

  it('never lengthens or reverses a step, and gives the same in any unit of the weights', () => {
    const runs = fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 8 });
    const buffers = fc.array(fc.tuple(runs, fc.double({ min: 0.01, max: 10, noNaN: true })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(buffers, (buffer) => {
        const contributions = buffer.map(([places]) =>
          onSegments(...places.sort((a, b) => a - b).map((place): [number, number] => [place, 1])),
        );
        const weights = buffer.map(([, weight]) => weight);
        const values = scaledMean(contributions, weights);
        const held = new Set(buffer.flatMap(([places]) => places));
        for (const place of held) {
          const value = values[place] as number;
          ok(value > 0 && value <= 1 + 1e-12, `${value}`);
        }
        // The coordinate of the largest weight stays as it is.
        ok(Math.max(...[...held].map((place) => values[place] as number)) > 1 - 1e-9);
        const doubled = scaledMean(
          contributions,
          weights.map((weight) => 2 * weight),
        );
        deepEqual(doubled, values);
      }),
    );
  });
});

describe('the mean of a buffer', () => {
  it('is the same, to the bit, whether contributions share their list of segments or have lists of their own', () => {
    const weight = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    const delta = fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 5, maxLength: 5 });
    const buffers = fc.array(fc.tuple(delta, weight, weight), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(buffers, (buffer) => {
        const segments = [
          { offset: 1, length: 2 },
          { offset: 4, length: 3 },
        ];
        const [weights, divisors] = [buffer.map(([, a]) => a), buffer.map(([, , b]) => b)];
        const mean = (lists: () => Contribution['segments']) => {
          const pseudoGradient = new PseudoGradient(8);
          const contributions = buffer.map(([values]) => contribution(values, { segments: lists() }));
          runSync(pseudoGradient.mean(contributions, weights, divisors));
          runSync(pseudoGradient.scaleByCoverage());
          return pseudoGradient.values;
        };
        deepEqual(
          mean(() => segments),
          mean(() => structuredClone(segments)),
        );
      }),
    );
  });
});
