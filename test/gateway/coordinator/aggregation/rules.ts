import { ok } from 'node:assert/strict';
import {
  type Aggregator,
  createAggregator,
  PseudoGradient,
} from '../../../../gateway/coordinator/aggregation';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { runSync } from '../../../../gateway/platform';
import type { TaskInput } from '../../../../gateway/task';
import { tinyTask } from '../fleet-harness';

/** A rule as a task names it. */
export type RuleInput = NonNullable<NonNullable<TaskInput['aggregation']>['rule']>;

/** The rule of a task with these settings. */
export function rule(given: RuleInput, settings: TaskInput['aggregation'] = {}): Aggregator {
  return createAggregator(tinyTask({ aggregation: { ...settings, rule: given } }).aggregation);
}

/** Combines one buffer by a rule. */
export function combine(aggregator: Aggregator, contributions: Contribution[], version = 0, size = 8) {
  const pseudoGradient = new PseudoGradient(size);
  const weights = runSync(aggregator.combine({ contributions, version }, pseudoGradient));
  const shares = weights.map(({ share }) => share);
  return { pseudoGradient, weights, values: [...pseudoGradient.values], shares };
}

/** Asserts that the numbers are the expected ones, to the precision of float32; further numbers do not matter. */
export function close(actual: ArrayLike<number>, expected: readonly number[]): void {
  expected.forEach((value, i) => {
    ok(
      Math.abs((actual[i] ?? Number.NaN) - value) <= 1e-9 + 1e-6 * Math.abs(value),
      `expected ${expected}, got ${Array.from(actual)}`,
    );
  });
}
