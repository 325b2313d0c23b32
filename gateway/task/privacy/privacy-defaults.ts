import { isObject } from '../../platform';

/**
 * Settings that a task with privacy of gateways leaves out, where their usual values do not go with it. Rounds are granted,
 * so that nobody trains in vain; versions wait for full buffers, in which the noise is small beside the sum.
 */
const defaults = {
  variance: 'none',
  participation: { kind: 'granted' },
  maxWaitMs: 3_600_000,
} as const;

/** A task as it came, with the settings filled in that follow from its privacy. */
export function withPrivacyDefaults(task: unknown): unknown {
  if (!isObject(task) || !isObject(task['privacy'])) return task;
  const { level } = task['privacy'];
  // It is what an absent setting means, and both are the same task.
  if (level === 'none') {
    const { privacy: _, ...rest } = task;
    return rest;
  }
  if (level !== 'gateway') return task;
  const { aggregation = {} } = task;
  return isObject(aggregation) ? { ...task, aggregation: { ...defaults, ...aggregation } } : task;
}
