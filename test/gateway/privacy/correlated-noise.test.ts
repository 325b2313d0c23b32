import assert from 'node:assert/strict';
import { bandNorm, inverseSeries, rootCoefficients, summedNoise } from '../../../gateway/privacy';

describe('noise that is correlated over releases', () => {
  for (const [releases, contributions, band, correlated, independent] of [
    [150, 3, 50, 4.41, 15.05],
    [200, 10, 20, 10.36, 31.7],
    [2000, 20, 100, 22.19, 141.46],
  ] as const)
    it(`leaves ${correlated} in place of ${independent} after ${releases} releases and ${contributions} contributions that are ${band} apart`, () => {
      const left = (of: number) =>
        Math.sqrt(contributions) * bandNorm(of) * summedNoise(releases, of).typical;
      assert.ok(Math.abs(left(band) - correlated) < 0.006, `${left(band)}`);
      assert.ok(Math.abs(left(1) - independent) < 0.006, `${left(1)}`);
    });

  it('has the coefficients of the root, and a series that is its inverse', () => {
    assert.deepEqual([...rootCoefficients(5)], [1, 0.5, 0.375, 0.3125, 0.2734375]);
    const [root, inverse] = [rootCoefficients(7), inverseSeries(rootCoefficients(7), 30)];
    for (let t = 0; t < 30; t++) {
      let product = 0;
      for (let k = 0; k <= t; k++) product += (root[k] ?? 0) * inverse[t - k]!;
      assert.ok(Math.abs(product - (t === 0 ? 1 : 0)) < 1e-12, `${t}: ${product}`);
    }
    assert.throws(() => rootCoefficients(0), /band: expected a whole number of 1 or more, got 0/);
  });
});
