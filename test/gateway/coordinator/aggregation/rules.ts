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

export type RuleInput = NonNullable<NonNullable<TaskInput['aggregation']>['rule']>;

/** A rule as a task with these settings would get it. */
export function rule(given: RuleInput, settings: TaskInput['aggregation'] = {}): Aggregator {
  return createAggregator(tinyTask({ aggregation: { ...settings, rule: given } }).aggregation);
}

/** What a rule makes of one buffer. */
export function combine(aggregator: Aggregator, contributions: Contribution[], version = 0, size = 8) {
  const direction = new PseudoGradient(size);
  const weighings = runSync(aggregator.combine({ contributions, version }, direction));
  return { direction, weighings, values: [...direction.values], shares: weighings.map(({ share }) => share) };
}

/** Every wanted number is met, to float32's precision. */
export function close(got: ArrayLike<number>, wanted: readonly number[]): void {
  wanted.forEach((value, i) => {
    ok(
      Math.abs((got[i] ?? Number.NaN) - value) <= 1e-9 + 1e-6 * Math.abs(value),
      `${Array.from(got)} is not ${wanted}`,
    );
  });
}
