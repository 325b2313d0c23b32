import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runSync } from '../../../gateway/platform';
import {
  composedMu,
  concentratedEpsilon,
  gaussianDelta,
  gaussianEpsilon,
  gaussianMu,
  noiseFor,
  renyiEpsilon,
  type SampledSteps,
  spentEpsilon,
  spentInSteps,
} from '../../../gateway/privacy';
import { renyiDivergence } from '../../../gateway/privacy/renyi';

const delta = 1e-5;

const near = (got: number, wanted: number, tolerance = 1.1e-5) =>
  assert.ok(Math.abs(got - wanted) <= tolerance, `${got} in place of ${wanted}`);

describe('the account of releases with Gaussian noise', () => {
  for (const [times, noise, epsilon] of [
    [1, 1, 4.37718],
    [1, 4.8448, 0.75098],
    [10, 1, 17.85659],
    [10, 4, 3.34141],
    [20, 4, 4.98331],
    [20, 8, 2.25815],
    [50, 8, 3.79654],
    [100, 10, 4.37718],
    [40, 1.1, 40.30441],
  ] as const) {
    it(`is that of dp-accounting for ${times} releases with noise ${noise}`, () => {
      near(gaussianEpsilon(composedMu(times, noise), delta), epsilon);
      near(spentEpsilon([{ noise, rate: 1, steps: times }], delta), epsilon);
    });
  }

  for (const [epsilon, mu] of [
    [0.5, 0.14221],
    [1, 0.26805],
    [2, 0.50155],
    [4, 0.92493],
    [8, 1.66603],
  ] as const) {
    it(`allows a sensitivity of ${mu} of the noise for an epsilon of ${epsilon}`, () => {
      near(gaussianMu(epsilon, delta), mu);
    });
  }

  it('lies below the simple bound of concentrated privacy', () => {
    near(concentratedEpsilon(composedMu(10, 4), delta), 4.10607);
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 5, noNaN: true }), (mu) => {
        assert.ok(gaussianEpsilon(mu, delta) < concentratedEpsilon(mu, delta));
      }),
      { numRuns: 50 },
    );
  });

  it('leads from an epsilon to the delta that it came from', () => {
    for (const mu of [0.1, 0.7, 3, 12]) near(gaussianDelta(mu, gaussianEpsilon(mu, delta)) / delta, 1, 1e-9);
    assert.equal(gaussianDelta(0, 0), 0);
    assert.equal(gaussianEpsilon(1e9, delta), Number.POSITIVE_INFINITY);
  });
});

describe('the account of steps that sample their records', () => {
  const steps: SampledSteps = { noise: 1.5, rate: 0.04, steps: 2250 };
  const few: SampledSteps = { noise: 1, rate: 0.01, steps: 1000 };

  it('is that of dp-accounting by privacy loss distributions', () => {
    near(spentEpsilon([steps], delta, 5e-5), 6.76879, 2e-5);
    near(spentEpsilon([few], delta, 2e-5), 1.82824, 2e-5);
  });

  it('is that of dp-accounting for steps of two kinds, for another delta, and for few steps with much of the data', () => {
    const two = [
      { noise: 1.5, rate: 0.04, steps: 500 },
      { noise: 1.2, rate: 0.1, steps: 200 },
    ];
    near(spentEpsilon(two, delta, 1e-3), 7.961416, 1e-3);
    near(spentEpsilon([few], 1e-6, 1e-3), 2.124522, 1e-3);
    near(spentEpsilon([{ noise: 0.8, rate: 0.3, steps: 40 }], delta), 19.752102, 2e-4);
  });

  it('lies below the bound by Rényi divergences, whose moments are integrals', () => {
    near(renyiEpsilon([few], delta), 2.10137);
    // dp-accounting cuts its series off, so that its figure is 7.32934; the integral in 30 digits gives this moment.
    near(renyiDivergence(steps, 3.9), 0.0018332021995839, 1e-15);
    near(renyiEpsilon([steps], delta), 7.32934, 3e-4);
    assert.ok(spentEpsilon([steps], delta, 0.01) < renyiEpsilon([steps], delta));
  });

  const kind = fc.record({
    noise: fc.double({ min: 0.7, max: 4, noNaN: true }),
    rate: fc.double({ min: 0.005, max: 0.5, noNaN: true }),
    steps: fc.integer({ min: 1, max: 400 }),
  });
  const epsilonOf = (...kinds: SampledSteps[]) => spentEpsilon(kinds, delta, 3e-3);

  it('grows with steps and rate, falls with noise, and is at most that without sampling', () => {
    fc.assert(
      fc.property(kind, (one) => {
        const epsilon = epsilonOf(one);
        assert.ok(epsilonOf({ ...one, steps: one.steps * 2 }) >= epsilon, 'steps');
        assert.ok(epsilonOf({ ...one, rate: one.rate * 1.5 }) >= epsilon, 'rate');
        assert.ok(epsilonOf({ ...one, noise: one.noise * 1.2 }) <= epsilon, 'noise');
        assert.ok(epsilon <= epsilonOf({ ...one, rate: 1 }) + 3e-3, 'sampling');
        assert.ok(epsilon <= renyiEpsilon([one], delta) + 3e-3, 'bound');
      }),
      { numRuns: 5, seed: 1 },
    );
  });

  it('is the same for steps that are counted together and one after the other', () => {
    const parts = [7, 13, 80].map((count) => ({ ...few, noise: 0.8, steps: count }));
    near(epsilonOf(...parts), epsilonOf({ ...few, noise: 0.8, steps: 100 }), 1e-6);
    assert.equal(epsilonOf(), 0);
    assert.equal(epsilonOf({ ...few, steps: 0 }), 0);
    assert.equal(epsilonOf({ ...few, noise: 0 }), Number.POSITIVE_INFINITY);
  });

  it('is the same for a tighter tolerance within the wider one, and never below', () => {
    const [coarse, fine] = [1e-2, 1e-4].map((tolerance) => spentEpsilon([few], delta, tolerance)) as [
      number,
      number,
    ];
    assert.ok(coarse >= fine && coarse - fine < 1e-2, `${coarse} and ${fine}`);
  });

  it('pauses between short steps of its calculation', () => {
    let pauses = 0;
    const account = spentInSteps([few], delta, 3e-3);
    while (!account.next().done) pauses++;
    assert.ok(pauses > 20, `${pauses}`);
    assert.equal(runSync(spentInSteps([few], delta, 3e-3)), epsilonOf(few));
  });
});

describe('the noise for a budget', () => {
  it('is the least that keeps it, to a few thousandths', () => {
    for (const request of [
      { epsilon: 8, delta, rate: 0.09, steps: 960 },
      { epsilon: 1, delta: 1e-6, rate: 0.02, steps: 500 },
      { epsilon: 4, delta, rate: 1, steps: 40 },
    ]) {
      const noise = noiseFor(request) ?? 0;
      const spent = (share: number) =>
        spentEpsilon([{ ...request, noise: noise * share }], request.delta, 1e-3);
      assert.ok(spent(1) <= request.epsilon, `${noise} spends ${spent(1)} of ${request.epsilon}`);
      assert.ok(spent(0.99) > request.epsilon, `less than ${noise} would do`);
    }
  });

  it('is undefined for a budget that no noise keeps', () => {
    assert.equal(noiseFor({ epsilon: 1e-9, delta: 1e-12, rate: 1, steps: 1e9 }), undefined);
  });
});
