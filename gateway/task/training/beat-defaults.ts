/**
 * Settings that a task leaves out whose rounds know how often labels come in the federation (see `usesLabelShares`), where
 * the usual values do not go with it. A gateway that has a rare label has gradients that vary more, and would count less just
 * there. The momentum lets rounds be short: see `sharedRate`.
 */
const defaults = { variance: 'none', server: { kind: 'sgd', momentum: 0.7 } } as const;

/** A task as it came, with the settings filled in that follow from windows at beats. */
export function withBeatDefaults(task: unknown): unknown {
  if (!isObject(task)) return task;
  const { kind = 'classification', input, training = {}, aggregation = {}, privacy } = task;
  if (!isObject(input) || !isObject(input['cut']) || input['cut']['kind'] === 'hop') return task;
  if (!isObject(training) || !isObject(aggregation) || kind !== 'classification') return task;
  const { balance = 'auto', loss } = training;
  if (balance !== 'auto' || loss === 'binary-cross-entropy') return task;
  const { rule, masked } = aggregation;
  const isUsualRule = rule === undefined || (isObject(rule) && rule['kind'] === 'ftte');
  if (!isUsualRule || masked !== undefined || privacy !== undefined) return task;
  return { ...task, aggregation: { ...defaults, ...aggregation } };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
