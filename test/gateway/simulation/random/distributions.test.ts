import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeededRandom } from '../../../../gateway/platform';
import { dirichlet, exponential, gamma } from '../../../../gateway/simulation/random/distributions';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a distribution', () => {
  it('gamma has its shape as its mean and variance', () => {
    for (const shape of [0.3, 1, 4.5]) {
      const random = new SeededRandom(9);
      const draws = Array.from({ length: 40_000 }, () => gamma(shape, random));
      const m = mean(draws);
      const variance = mean(draws.map((draw) => (draw - m) ** 2));
      assert.ok(Math.abs(m - shape) < 0.05 * shape + 0.01, `mean ${m} of ${shape}`);
      assert.ok(Math.abs(variance - shape) < 0.12 * shape, `variance ${variance} of ${shape}`);
    }
  });

  it('exponential has its mean', () => {
    const random = new SeededRandom(9);
    const draws = Array.from({ length: 20_000 }, () => exponential(30, random));
    assert.ok(Math.abs(mean(draws) - 30) < 1);
  });

  it('dirichlet adds up to 1 and is never negative, however small the concentration', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 100, noNaN: true }), { minLength: 1, maxLength: 10 }),
        fc.nat(),
        (concentration, seed) => {
          const drawn = dirichlet(concentration, new SeededRandom(seed));
          assert.ok(drawn.every((share) => share >= 0));
          assert.ok(Math.abs(drawn.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
        },
      ),
    );
  });
});
