import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Choice, knapsack } from '../../../gateway/selection';
import { processorMs } from '../../support/elapsed';

/** Every filling there is; the best gain within the capacity. */
function bruteForce(groups: readonly (readonly Choice[])[], capacity: number): number | undefined {
  const [first, ...rest] = groups;
  if (!first) return 0;
  let best: number | undefined;
  for (const { weight, gain } of first) {
    if (weight > capacity) continue;
    const behind = bruteForce(rest, capacity - weight);
    if (behind !== undefined && (best === undefined || gain + behind > best)) best = gain + behind;
  }
  return best;
}

const sumOf = (groups: readonly (readonly Choice[])[], picked: readonly number[], key: keyof Choice) =>
  groups.reduce((sum, choices, i) => sum + choices[picked[i]!]![key], 0);

describe('Knapsack with one choice of each group', () => {
  const choice = fc.record({
    weight: fc.integer({ min: 0, max: 30 }),
    gain: fc.integer({ min: -5, max: 30 }),
  });
  const groups = fc.array(fc.array(choice, { minLength: 1, maxLength: 5 }), { maxLength: 5 });

  it('gains what trying everything gains, and stays within the capacity', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: 0, max: 100 }), (choices, capacity) => {
        const picked = knapsack(choices, capacity);
        const best = bruteForce(choices, capacity);
        if (picked === undefined) return assert.equal(best, undefined);
        assert.equal(picked.length, choices.length);
        assert.equal(sumOf(choices, picked, 'gain'), best);
        assert.ok(sumOf(choices, picked, 'weight') <= capacity);
      }),
      { numRuns: 500 },
    );
  });

  it('takes the lighter of two fillings that gain the same', () => {
    const same = [
      { weight: 4, gain: 2 },
      { weight: 3, gain: 2 },
      { weight: 5, gain: 2 },
    ];
    assert.deepEqual(knapsack([same, same], 100), [1, 1]);
  });

  it('has no answer where not even the lightest fit', () => {
    assert.equal(knapsack([[{ weight: 3, gain: 1 }], [{ weight: 2, gain: 1 }]], 4), undefined);
  });

  it('is quick with the groups of a large model', () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      [0, 1, 2, 4, 8].map((level) => ({
        weight: level * (1000 + 37 * i),
        gain: Math.sqrt(level) * ((i * 7919) % 101),
      })),
    );
    assert.ok(processorMs(() => assert.ok(knapsack(many, 200_000))) < 2000);
  });
});
