import type { Aggregation, Training } from '../../task';
import type { Aggregator } from './aggregator';
import { Ca2flAggregator } from './ca2fl-aggregator';
import { FadasAggregator } from './fadas-aggregator';
import { FedAsyncAggregator } from './fedasync-aggregator';
import { FedAvgAggregator } from './fedavg-aggregator';
import { FedBuffAggregator } from './fedbuff-aggregator';
import { FtteAggregator } from './ftte-aggregator';
import type { RuleKind, RuleSettings } from './rule-settings';
import { type StepScaling, stepScaling } from './steps';

type AggregatorClass<Kind extends RuleKind> = new (
  settings: RuleSettings<Kind>,
  scaling?: StepScaling,
) => Aggregator;

/** The class of each aggregation rule: one entry per rule that a task can name. */
export const rules: { readonly [Kind in RuleKind]: AggregatorClass<Kind> } = {
  ftte: FtteAggregator,
  fedavg: FedAvgAggregator,
  fedasync: FedAsyncAggregator,
  fedbuff: FedBuffAggregator,
  ca2fl: Ca2flAggregator,
  fadas: FadasAggregator,
};

/**
 * Creates the aggregation rule that a task names.
 * @param training how gateways train, which decides how numbers of local steps count
 */
export function createAggregator(settings: Aggregation, training?: Training): Aggregator {
  // The table pairs each kind with the class that takes its settings, which the type of a lookup cannot express.
  const Rule = rules[settings.rule.kind] as AggregatorClass<RuleKind>;
  return new Rule(settings, stepScaling(settings, training));
}

/** Whether rounds with these settings are synchronous: a version waits for the gateways of its round. */
export const isSynchronous = (settings: Aggregation): boolean => createAggregator(settings).synchronous;
