import { deepEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { runSync } from '../../../../gateway/platform';
import { contribution } from './contributions';

/** A contribution of 1 on each of the named coordinates of eight. */
const holding = (...segments: [number, number][]): Contribution => {
  const size = segments.reduce((sum, [, length]) => sum + length, 0);
  return contribution(Array(size).fill(1), {
    segments: segments.map(([offset, length]) => ({ offset, length })),
  });
};

function shortened(contributions: readonly Contribution[], weights: readonly number[]): number[] {
  const direction = new PseudoGradient(8);
  runSync(direction.mean(contributions, weights));
  runSync(direction.scaleByCoverage());
  return [...direction.values];
}

describe('a direction that is shortened where little stands behind it', () => {
  it('cuts a coordinate with less than the mean weight to its share of that mean, and no other', () => {
    // Two hold coordinates 0 and 1, one of them 2 as well: weights 2, 2 and 1, of mean 5 / 3.
    const values = shortened([holding([0, 2]), holding([0, 3])], [1, 1]);
    deepEqual(values.slice(0, 3), [1, 1, 3 / 5]);
  });

  it('cuts what only old contributions hold further than what as many fresh ones hold', () => {
    // Of four that hold all but two coordinates, a fresh one alone has 6, an old one alone 7.
    const buffer = [holding([0, 6]), holding([0, 6]), holding([0, 6]), holding([6, 1]), holding([7, 1])];
    const [fresh, old] = shortened(buffer, [1, 1, 1, 1, 0.25]).slice(6);
    ok((old as number) < (fresh as number) && (fresh as number) < 1, `${old} and ${fresh}`);
  });

  it('leaves contributions of one plan as they are, to the bit', () => {
    const buffer = [0.1, 0.7, -3].map((value) => contribution([value, 2 * value, value / 3]));
    const direction = new PseudoGradient(3);
    runSync(direction.mean(buffer, [0.3, 0.1, 0.7]));
    const before = [...direction.values];
    runSync(direction.scaleByCoverage());
    deepEqual([...direction.values], before);
  });

  it('never lengthens a step, never turns one round, and gives the same in any unit of the weights', () => {
    const runs = fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 8 });
    const buffers = fc.array(fc.tuple(runs, fc.double({ min: 0.01, max: 10, noNaN: true })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(buffers, (buffer) => {
        const contributions = buffer.map(([places]) =>
          holding(...places.sort((a, b) => a - b).map((place): [number, number] => [place, 1])),
        );
        const weights = buffer.map(([, weight]) => weight);
        const values = shortened(contributions, weights);
        const held = new Set(buffer.flatMap(([places]) => places));
        for (const place of held) {
          const value = values[place] as number;
          ok(value > 0 && value <= 1 + 1e-12, `${value}`);
        }
        // The best supported is never cut.
        ok(Math.max(...[...held].map((place) => values[place] as number)) > 1 - 1e-9);
        const doubled = shortened(
          contributions,
          weights.map((weight) => 2 * weight),
        );
        deepEqual(doubled, values);
      }),
    );
  });
});
