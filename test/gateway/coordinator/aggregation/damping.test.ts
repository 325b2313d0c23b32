import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import {
  type ContributionWeight,
  Damping,
  PseudoGradient,
} from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { runSync } from '../../../../gateway/platform';
import { contribution } from './contributions';
import { rule } from './rules';

const weightsOf = (
  contributions: readonly Contribution[],
  shares?: readonly number[],
): ContributionWeight[] =>
  contributions.map((_, i) => ({ age: 0, variance: 0, share: shares?.[i] ?? 1 / contributions.length }));

/** Damps a pseudo-gradient of zeros, so that the result is the damping alone. */
function damp(
  damping: Damping,
  contributions: readonly Contribution[],
  version: number,
  now: readonly number[],
  shares?: readonly number[],
): number[] {
  const pseudoGradient = new PseudoGradient(now.length);
  pseudoGradient.held = [{ offset: 0, length: now.length }];
  const weights = weightsOf(contributions, shares);
  runSync(damping.apply(pseudoGradient, contributions, weights, version, Float32Array.from(now)));
  return [...pseudoGradient.values].map((value) => value + 0);
}
const from = (baseVersion: number) => contribution([0], { baseVersion });

describe('damping', () => {
  it('leaves contributions of the newest version alone', () => {
    deepEqual(damp(new Damping(0.5, 2), [from(0)], 0, [3, 4]), [0, 0]);
  });

  it('subtracts its share of the movement since each contribution began, by their weights', () => {
    const damping = new Damping(0.5, 1);
    damp(damping, [from(0)], 0, [1]);
    damp(damping, [from(0)], 1, [3]);
    // A quarter began at 1, a quarter at 3, a half is fresh: 0.5 * (0.25 * (11 - 1) + 0.25 * (11 - 3)).
    deepEqual(damp(damping, [from(0), from(1), from(2)], 2, [11], [0.25, 0.25, 0.5]), [-2.25]);
  });

  it('changes only the coordinates that the pseudo-gradient holds', () => {
    const damping = new Damping(1, 3);
    damp(damping, [from(0)], 0, [0, 0, 0]);
    const pseudoGradient = new PseudoGradient(3);
    pseudoGradient.held = [{ offset: 1, length: 1 }];
    runSync(damping.apply(pseudoGradient, [from(0)], weightsOf([from(0)]), 1, Float32Array.of(5, 6, 7)));
    deepEqual([...pseudoGradient.values], [0, -6, 0]);
  });

  it('takes the oldest remembered version for those before it', () => {
    for (const limits of [{ bytes: 2 * 4 }, { versions: 2 }]) {
      const damping = new Damping(1, 1, limits);
      for (const version of [0, 1, 2]) damp(damping, [from(version)], version, [10 * version]);
      deepEqual(damp(damping, [from(0)], 3, [30]), [-20]);
    }
  });

  it('takes contributions as they are if it remembers nothing, as after a restart', () => {
    const damping = new Damping(1, 1);
    damp(damping, [from(0)], 0, [10]);
    damping.forget();
    deepEqual(damp(damping, [from(0)], 5, [99]), [0]);
    deepEqual(damp(damping, [from(0)], 6, [100]), [-1], 'from then on it remembers');
  });

  it('lets contributions of any age make no swings, for every rate up to 1 / beta', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        (age, h, rate) => {
          ok(
            largestAfter(0.5, age, h, rate) <= 1 + 1e-3,
            'it is never farther from the optimum than at the start',
          );
        },
      ),
    );
    ok(largestAfter(0, 5, 1, 1) > 1e6, 'without damping whole steps of this age diverge');
  });

  it('belongs to the rule ftte, and is a half unless the task sets another', () => {
    equal(rule({ kind: 'ftte' }).damping, 0.5);
    equal(rule({ kind: 'ftte' }, { damping: 0 }).damping, 0);
    equal(rule({ kind: 'fedbuff' }).damping, 0);
    equal(rule({ kind: 'fedavg' }).damping, 0);
  });
});

/**
 * The largest distance from the optimum in 400 versions of a model of one number, which starts at 1 and has its optimum
 * at 0: each contribution goes a part h of the way from the version of `age` versions ago.
 */
function largestAfter(beta: number, age: number, h: number, rate: number): number {
  const damping = new Damping(beta, 1);
  const versions = [1];
  for (let version = 0; version < 400; version++) {
    const base = Math.max(0, version - age);
    const pseudoGradient = new PseudoGradient(1);
    pseudoGradient.held = [{ offset: 0, length: 1 }];
    pseudoGradient.values[0] = -h * (versions[base] as number);
    const buffer = [from(base)];
    const now = versions[version] as number;
    runSync(damping.apply(pseudoGradient, buffer, weightsOf(buffer), version, Float32Array.of(now)));
    versions.push(now + rate * (pseudoGradient.values[0] as number));
  }
  return Math.max(...versions.map(Math.abs));
}
