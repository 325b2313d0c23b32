import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createAggregator, effectiveSteps } from '../../../../gateway/coordinator/aggregation';
import type { TaskInput } from '../../../../gateway/task';
import { tinyTask } from '../fleet-harness';
import { contribution } from './contributions';
import { close, combine, type RuleInput } from './rules';

const plain = { kind: 'sgd', momentum: 0 } as const;
const boxed = { optimiser: plain, round: { kind: 'time', ms: 500 } } as const;

function ruleOf(
  kind: 'ftte' | 'fedbuff' | 'fedavg',
  training: TaskInput['training'] = boxed,
  settings: TaskInput['aggregation'] = {},
) {
  const rule: RuleInput = { kind };
  const aggregation = { variance: 'none', sampleExponent: 0, ...settings, rule } as const;
  const task = tinyTask({ training, aggregation });
  return createAggregator(task.aggregation, task.training);
}

describe('the numbers of local steps', () => {
  for (const kind of ['ftte', 'fedbuff', 'fedavg'] as const) {
    it(`make deltas of ${kind} count as directions, of the mean number of steps, if rounds end by time`, () => {
      // Per step [1, 0] and [3, 3]; mean [2, 1.5], over (1 + 3) / 2 = 2 steps.
      const buffer = [contribution([1, 0], { steps: 1 }), contribution([9, 9], { steps: 3 })];
      close(combine(ruleOf(kind), buffer).values, [4, 3]);
    });

    it(`leave deltas of ${kind} as they are if rounds have a number of epochs, or the task says keep`, () => {
      const buffer = () => [contribution([1, 0], { steps: 1 }), contribution([9, 9], { steps: 3 })];
      close(combine(ruleOf(kind, { optimiser: plain }), buffer()).values, [5, 4.5]);
      close(combine(ruleOf(kind, boxed, { steps: 'keep' }), buffer()).values, [5, 4.5]);
    });

    it(`normalise deltas of ${kind} in rounds of epochs, too, if the task says so`, () => {
      const buffer = [contribution([1, 0], { steps: 1 }), contribution([9, 9], { steps: 3 })];
      close(combine(ruleOf(kind, { optimiser: plain }, { steps: 'normalise' }), buffer).values, [4, 3]);
    });

    it(`scale no delta of ${kind} beyond the largest norm`, () => {
      // Of 1 and 199 steps the mean is 100: the first would become 300 long, and may be 5.
      const buffer = [contribution([3], { steps: 1 }), contribution([0], { steps: 199 })];
      close(combine(ruleOf(kind, boxed, { maxNorm: 5 }), buffer).values, [2.5]);
      const still = [contribution([0], { steps: 1 }), contribution([0], { steps: 199 })];
      close(combine(ruleOf(kind, boxed, { maxNorm: 5 }), still).values, [0]);
    });

    it(`change nothing in ${kind} if they are equal`, () => {
      const vector = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 });
      fc.assert(
        fc.property(
          fc.array(vector, { minLength: 1, maxLength: 5 }),
          fc.integer({ min: 1, max: 90 }),
          (deltas, steps) => {
            const buffer = deltas.map((delta) => contribution(delta, { steps }));
            close(combine(ruleOf(kind), buffer).values, combine(ruleOf(kind, {}), buffer).values);
          },
        ),
      );
    });
  }

  it('have the weights of their contributions in the mean number of steps', () => {
    // Weights 1 and 3: per step (1 * 1 + 3 * 3) / 4 = 2.5, over (1 * 1 + 3 * 3) / 4 = 2.5 steps.
    const buffer = [contribution([1], { steps: 1, samples: 1 }), contribution([9], { steps: 3, samples: 3 })];
    close(combine(ruleOf('fedavg', boxed, { sampleExponent: 1 }), buffer).values, [6.25]);
  });

  it('count as at least one step, whatever a gateway reports', () => {
    close(combine(ruleOf('ftte'), [contribution([2], { steps: 0 })]).values, [2]);
  });

  it('go further with momentum: each gradient keeps moving the model', () => {
    // Two steps at momentum 1/2: g1 moves by 1 and again by 1/2, g2 by 1.
    assert.equal(effectiveSteps(2, { kind: 'sgd', momentum: 0.5 }), 2.5);
    assert.equal(effectiveSteps(1, { kind: 'sgd', momentum: 0.5 }), 1);
    assert.equal(effectiveSteps(7, plain), 7);
    const byHand = (tau: number, rho: number) => {
      let sum = 0;
      for (let step = 0; step < tau; step++)
        for (let later = 0; later < tau - step; later++) sum += rho ** later;
      return sum;
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.95, noNaN: true }),
        (tau, momentum) => {
          close([effectiveSteps(tau, { kind: 'sgd', momentum })], [byHand(tau, momentum)]);
        },
      ),
    );
  });
});
