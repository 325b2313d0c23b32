import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { limitWeights } from '../../../../gateway/coordinator/aggregation/weight-limits';
import { median } from '../../../../gateway/coordinator/aggregation/weights';
import { contribution } from './contributions';
import { combine, rule } from './rules';

const from = (...gateways: string[]) => gateways.map((gateway) => ({ gateway }));

describe('the limits of weights in a buffer', () => {
  it('leave weights that differ by no more than four times as they are, to the object', () => {
    const weights = [16, 64, 32];
    equal(limitWeights(from('a', 'b', 'c'), weights), weights);
    const alike = [1, 1, 1, 1, 1];
    equal(limitWeights(from('a', 'a', 'a', 'b', 'c'), alike), alike, 'three of five by one gateway');
  });

  it('hold a contribution to four times the median, and a gateway to four times the median gateway', () => {
    deepEqual(limitWeights(from('a', 'b', 'c'), [1000, 10, 10]), [40, 10, 10]);
    const [many, ...others] = ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'b', 'c'];
    deepEqual(
      limitWeights(
        from(many!, ...others),
        Array.from({ length: 10 }, () => 1),
      ),
      [...Array.from({ length: 8 }, () => 0.5), 1, 1],
    );
  });

  it('hold for any buffer, and change no order among contributions of one gateway each', () => {
    const entry = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.double({ min: 1e-6, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (list) => {
        const contributions = list.map(([gateway]) => ({ gateway: `g${gateway}` }));
        const given = list.map(([, weight]) => weight);
        const weights = limitWeights(contributions, given);
        ok(
          weights.every((weight, i) => weight > 0 && weight <= given[i]! && weight <= 4.0001 * median(given)),
        );
        const singly = limitWeights(
          list.map((_, i) => ({ gateway: `h${i}` })),
          given,
        );
        const totals = new Map<string, number>();
        contributions.forEach(({ gateway }, i) => {
          totals.set(gateway, (totals.get(gateway) ?? 0) + singly[i]!);
        });
        const most = 4 * median([...totals.values()]);
        for (const id of totals.keys()) {
          const sum = weights.reduce(
            (all, weight, i) => all + (contributions[i]!.gateway === id ? weight : 0),
            0,
          );
          ok(sum <= most * 1.0001, `${sum} of ${most}`);
        }
      }),
    );
  });
});

/** A gateway that lies, among honest ones with rounds of 64 samples and a variance of about 1. */
const attacks: readonly {
  readonly what: string;
  readonly honest: number;
  readonly sends: number;
  readonly lie: { readonly samples?: number; readonly variance?: number };
  /** Share of the weight that it gets by FTTE at most. */
  readonly most: number;
}[] = [
  { what: 'is honest', honest: 2, sends: 1, lie: {}, most: 0.34 },
  { what: 'names the most samples of a round', honest: 2, sends: 1, lie: { samples: 512 }, most: 0.67 },
  { what: 'names variance 0', honest: 2, sends: 1, lie: { variance: 0 }, most: 0.36 },
  {
    what: 'names most samples and variance 0',
    honest: 2,
    sends: 1,
    lie: { samples: 512, variance: 0 },
    most: 0.67,
  },
  {
    what: 'names most samples and variance 0 among nine',
    honest: 9,
    sends: 1,
    lie: { samples: 512, variance: 0 },
    most: 0.31,
  },
  { what: 'sends 8 of 10', honest: 2, sends: 8, lie: {}, most: 0.67 },
  {
    what: 'sends 8 of 10 with most samples',
    honest: 2,
    sends: 8,
    lie: { samples: 512, variance: 0 },
    most: 0.67,
  },
  {
    what: 'sends 6 of 10 with most samples',
    honest: 4,
    sends: 6,
    lie: { samples: 512, variance: 0 },
    most: 0.51,
  },
];

describe('the share of a buffer that one gateway gets', () => {
  for (const { what, honest, sends, lie, most } of attacks) {
    it(`is at most ${most} if it ${what}, beside ${honest} others`, () => {
      const list = [
        ...Array.from({ length: honest }, (_, i) =>
          contribution([1], { gateway: `honest-${i}`, samples: 64, variance: 0.9 + 0.02 * i }),
        ),
        ...Array.from({ length: sends }, () =>
          contribution([1], { gateway: 'liar', samples: 64, variance: 1, ...lie }),
        ),
      ];
      const { shares } = combine(rule({ kind: 'ftte' }), list);
      const share = shares.reduce((sum, each, i) => sum + (list[i]!.gateway === 'liar' ? each : 0), 0);
      ok(share <= most, `${share}`);
    });
  }
});
