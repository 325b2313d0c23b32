import { isObject } from '../../platform';
import { usesLabelShares } from './label-offsets';

/**
 * Settings that a task leaves out whose rounds know how often labels come in the federation (see `usesLabelShares`), where
 * the usual values do not go with it. A gateway that has a rare label has gradients that vary more, and would count less just
 * there. The momentum lets rounds be short: see `sharedRate`.
 */
const variance = 'none';
const momentum = 0.7;

/** A task as it came, with the settings filled in that follow from windows at beats. */
export function withBeatDefaults(task: unknown): unknown {
  if (!isObject(task)) return task;
  const { kind = 'classification', input, training = {}, aggregation = {}, privacy } = task;
  if (!isObject(input) || !isObject(input['cut']) || input['cut']['kind'] === 'hop') return task;
  if (!isObject(training) || !isObject(aggregation)) return task;
  const { balance = 'auto', loss } = training;
  const { rule, masked } = aggregation;
  const given = { kind, input, labels: [], training: { balance, loss }, aggregation: { masked }, privacy };
  const isUsualRule = rule === undefined || (isObject(rule) && rule['kind'] === 'ftte');
  if (!isUsualRule || !usesLabelShares(given as Parameters<typeof usesLabelShares>[0])) return task;
  const { server = { kind: 'sgd' } } = aggregation;
  return {
    ...task,
    aggregation: {
      ...filled(aggregation, ['variance', variance]),
      server: isObject(server) && server['kind'] === 'sgd' ? filled(server, ['momentum', momentum]) : server,
    },
  };
}

const filled = (given: Record<string, unknown>, [name, value]: readonly [string, unknown]) =>
  given[name] === undefined ? { ...given, [name]: value } : given;
