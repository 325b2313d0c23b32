import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { runSync } from '../../../../gateway/platform';
import type { TaskInput } from '../../../../gateway/task';
import { contribution } from './contributions';
import { close, rule } from './rules';

const ftte = (settings?: TaskInput['aggregation']) => rule({ kind: 'ftte' }, settings);

function combine(
  contributions: Contribution[],
  version = 0,
  settings: TaskInput['aggregation'] = {},
  size = 8,
) {
  const pseudoGradient = new PseudoGradient(size);
  const steps = ftte(settings).combine({ contributions, version }, pseudoGradient);
  const weights = runSync(steps);
  return { pseudoGradient, weights, values: [...pseudoGradient.values] };
}

describe('the FTTE rule', () => {
  it('agrees with a buffer worked by hand', () => {
    // n 10, age 0, v 2/3: 10 * 3/4 = 7.5. n 20, age 3, v 2 (the median): 20 * 1/2 * 1/2 = 5. n 5, age 0, v 6: 5 * 1/4 = 1.25.
    const { weights, values } = combine(
      [
        contribution([1, 0], { samples: 10, baseVersion: 3, variance: 2 / 3 }),
        contribution([0, 1], { samples: 20, baseVersion: 0, variance: 2 }),
        contribution([4, 4], { samples: 5, baseVersion: 3, variance: 6 }),
      ],
      3,
    );
    const sum = 7.5 + 5 + 1.25;
    close(
      weights.map(({ share }) => share),
      [7.5 / sum, 5 / sum, 1.25 / sum],
    );
    deepEqual(
      weights.map(({ age }) => age),
      [0, 3, 0],
    );
    close(values.slice(0, 2), [(7.5 + 5) / sum, (5 + 5) / sum]);
  });

  it('is the plain sample-weighted mean if ages and variances are equal, and nobody has far more samples than others', () => {
    const numbers = fc.tuple(
      fc.integer({ min: 250, max: 1000 }),
      fc.float({ min: -10, max: 10, noNaN: true }),
    );
    const rules = fc.constantFrom('none', 'gradient', 'coordinates' as const);
    fc.assert(
      fc.property(
        fc.array(numbers, { minLength: 1, maxLength: 10 }),
        fc.nat(20),
        fc.double({ min: 0, max: 100, noNaN: true }),
        rules,
        (list, age, variance, rule) => {
          const contributions = list.map(([samples, x]) => contribution([x], { samples, variance }));
          const { values } = combine(contributions, age, { variance: rule });
          const total = list.reduce((sum, [samples]) => sum + samples, 0);
          const mean = list.reduce((sum, [samples, x]) => sum + samples * Math.fround(x), 0) / total;
          ok(Math.abs(values[0]! - mean) < 1e-5);
        },
      ),
    );
  });

  it('divides by the sum of the weights, not by their number: equal deltas give that delta', () => {
    const { values } = combine(
      [
        contribution([3], { samples: 7, baseVersion: 0, variance: 9 }),
        contribution([3], { samples: 900, baseVersion: 4, variance: 1 }),
      ],
      4,
    );
    close(values.slice(0, 1), [3]);
  });

  it('never gives more weight to an older or less certain contribution of as many samples', () => {
    const one = fc.record({ age: fc.nat(50), variance: fc.double({ min: 0, max: 1e6, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(one, { minLength: 2, maxLength: 8 }), (list) => {
        const contributions = list.map(({ age, variance }) =>
          contribution([1], { baseVersion: 50 - age, variance }),
        );
        const { weights } = combine(contributions, 50);
        for (let i = 0; i < list.length; i++) {
          for (let j = 0; j < list.length; j++) {
            const worse = list[i]!.age >= list[j]!.age && list[i]!.variance >= list[j]!.variance;
            if (worse) ok(weights[i]!.share <= weights[j]!.share + 1e-12);
          }
        }
      }),
    );
  });

  it('gives the same for any order of arrival inside a buffer', () => {
    const list = [
      contribution([1, 2, 3], { samples: 3, baseVersion: 1, variance: 2 }),
      contribution([-5, 1, 0], { samples: 30, baseVersion: 4, variance: 0 }),
      contribution([2, 2], { samples: 9, baseVersion: 2, variance: 7, segments: [{ offset: 1, length: 2 }] }),
    ];
    for (const variance of ['none', 'gradient', 'coordinates', 'distance'] as const) {
      const forwards = combine(list, 5, { variance }).values;
      close(combine([...list].reverse(), 5, { variance }).values, forwards);
    }
  });

  it('averages each coordinate over the updates whose plan holds it', () => {
    const { pseudoGradient, values } = combine([
      contribution([2, 2], { samples: 1, segments: [{ offset: 0, length: 2 }] }),
      contribution([8, 8], { samples: 3, segments: [{ offset: 1, length: 2 }] }),
    ]);
    // Coordinate 0: the first alone. 1: (2 + 3 * 8) / 4. 2: the second alone. From 3 on: none.
    close(values.slice(0, 3), [2, 6.5, 8]);
    deepEqual(pseudoGradient.held, [{ offset: 0, length: 3 }]);
  });

  it('gives a contribution that is alone as it is, whatever its age and variance', () => {
    const { values, weights } = combine(
      [contribution([1.5, -2], { samples: 3, baseVersion: 0, variance: 1e9 })],
      100_000,
      { age: { kind: 'exponential', rate: 50 } },
    );
    close(values.slice(0, 2), [1.5, -2]);
    equal(weights[0]!.share, 1);
  });

  it('is finite with zero variances, for every measure of variance', () => {
    for (const variance of ['none', 'gradient', 'coordinates', 'distance'] as const) {
      const { values } = combine([contribution([0, 0]), contribution([0, 0])], 0, { variance });
      ok(
        values.every((value) => value === 0),
        variance,
      );
    }
  });

  it('gives less weight to contributions far from the mean of the buffer, if variance is distance', () => {
    const { weights } = combine(
      [contribution([1]), contribution([1]), contribution([1.1]), contribution([-9])],
      0,
      { variance: 'distance' },
    );
    ok(weights[3]!.share < weights[0]!.share / 2);
    // Mean of 1, 1, 1.1, -9 is -1.475: squared distances 6.126, 6.126, 6.631, 56.63.
    close([weights[0]!.variance, weights[3]!.variance], [6.125625, 56.625625]);
  });

  it('measures the variance of coordinates around their own mean', () => {
    const { weights } = combine([contribution([1, 3]), contribution([5, 5])], 0, {
      variance: 'coordinates',
    });
    close(
      weights.map(({ variance }) => variance),
      [1, 0],
    );
  });

  it('forgets the previous buffer when it reuses a pseudo-gradient', () => {
    const aggregator = ftte();
    const pseudoGradient = new PseudoGradient(4);
    const later = contribution([1], { segments: [{ offset: 2, length: 1 }] });
    for (const each of [contribution([9, 9, 9, 9]), later])
      runSync(aggregator.combine({ contributions: [each], version: 0 }, pseudoGradient));
    deepEqual(pseudoGradient.held, [{ offset: 2, length: 1 }]);
    equal(pseudoGradient.values[2], 1);
  });

  it('weighs a buffer once, with the same bits, if its shares were asked for before', () => {
    const contributions = [
      contribution([1, 2]),
      contribution([3, -1], { samples: 40 }),
      contribution([0, 5], { baseVersion: 1 }),
    ];
    const aggregator = ftte({ variance: 'distance' });
    const pseudoGradient = new PseudoGradient(2);
    let means = 0;
    const mean = pseudoGradient.mean.bind(pseudoGradient);
    pseudoGradient.mean = (...given) => {
      means++;
      return mean(...given);
    };
    const made = (buffer: { contributions: Contribution[]; version: number; isProtected?: boolean }) => {
      means = 0;
      const weights = runSync(aggregator.combine(buffer, pseudoGradient));
      return { weights, values: [...pseudoGradient.values], means };
    };
    const plain = made({ contributions, version: 2 });
    runSync(aggregator.shares({ contributions, version: 2, isProtected: false }, pseudoGradient));
    deepEqual(made({ contributions, version: 2 }), { ...plain, means: plain.means - 1 });
    deepEqual(made({ contributions, version: 2 }), plain, 'once for each time that shares were asked for');
    runSync(aggregator.shares({ contributions: [...contributions], version: 2 }, pseudoGradient));
    deepEqual(made({ contributions, version: 2 }), plain, 'of another buffer');
    runSync(aggregator.shares({ contributions, version: 2, isProtected: true }, pseudoGradient));
    deepEqual(made({ contributions, version: 2 }), plain, 'with other limits');
  });

  it('asks for half of the gateways online, at least three if there are three, at most ten, unless a number is set', () => {
    const automatic = ftte({ bufferSize: 'auto' });
    deepEqual(
      [0, 1, 2, 3, 8, 20, 500].map((online) => automatic.capacity(online)),
      [1, 1, 2, 3, 4, 10, 10],
    );
    equal(ftte({ bufferSize: 7 }).capacity(500), 7);
  });

  it('asks for a fiftieth of a large fleet, a hundred at most, so that what a broker carries grows with the fleet and not with its square', () => {
    const automatic = ftte({ bufferSize: 'auto' });
    deepEqual(
      [500, 501, 1000, 4999, 5000, 100_000].map((online) => automatic.capacity(online)),
      [10, 11, 20, 100, 100, 100],
    );
    equal(ftte({ bufferSize: 7 }).capacity(10_000), 7);
  });

  it('asks of a large fleet for no more masked updates than a sum takes', () => {
    const automatic = ftte({ bufferSize: 'auto', masked: true });
    deepEqual(
      [500, 800, 5000].map((online) => automatic.capacity(online)),
      [10, 16, 16],
    );
  });
});
