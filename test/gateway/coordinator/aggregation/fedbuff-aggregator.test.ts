import { deepEqual } from 'node:assert/strict';
import { contribution } from './contributions';
import { close, combine, rule } from './rules';

describe('the FedBuff rule', () => {
  const aged = (age: number, delta: number[], fields = {}) =>
    contribution(delta, { baseVersion: 10 - age, ...fields });

  it('agrees with a buffer worked by hand', () => {
    // (1 * 6 + 1/2 * 6 + 1/3 * 9) / 3 = 4
    const { values, shares } = combine(
      rule({ kind: 'fedbuff' }),
      [aged(0, [6]), aged(3, [6]), aged(8, [9])],
      10,
    );
    close(values, [4]);
    close(shares, [6 / 11, 3 / 11, 2 / 11]);
  });

  it('divides by K, not by the sum of the weights: a buffer of old contributions makes a short step', () => {
    close(combine(rule({ kind: 'fedbuff' }), [aged(3, [8]), aged(3, [8])], 10).values, [4]);
  });

  it('weights by 1 / sqrt(1 + age), not by 1 / (1 + sqrt(age))', () => {
    // At age 3 the mistake would give 0.366.
    close(combine(rule({ kind: 'fedbuff' }), [aged(3, [1])], 10).values, [0.5]);
  });

  it('counts gateways alike, whatever their samples and variances', () => {
    const list = [aged(0, [1], { samples: 1000, variance: 0 }), aged(0, [5], { samples: 1, variance: 9 })];
    close(combine(rule({ kind: 'fedbuff' }), list, 10).values, [3]);
  });

  it('divides each coordinate by the number of contributions that hold it', () => {
    const list = [
      aged(0, [2, 2], { segments: [{ offset: 0, length: 2 }] }),
      aged(3, [8, 8], { segments: [{ offset: 1, length: 2 }] }),
    ];
    const { values, pseudoGradient } = combine(rule({ kind: 'fedbuff' }), list, 10);
    close(values, [2, 3, 4]);
    deepEqual(pseudoGradient.held, [{ offset: 0, length: 3 }]);
  });

  it('uses another weight of the age if the task sets one', () => {
    const aggregator = rule({ kind: 'fedbuff' }, { age: { kind: 'constant' } });
    close(combine(aggregator, [aged(3, [8]), aged(0, [2])], 10).values, [5]);
  });
});
