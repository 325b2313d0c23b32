/** Rules that make one direction of many contributions. */
import type { Aggregation, Training } from '../../task';
import type { Aggregator } from './aggregator';
import { Ca2flAggregator } from './ca2fl-aggregator';
import { FadasAggregator } from './fadas-aggregator';
import { FedAsyncAggregator } from './fedasync-aggregator';
import { FedAvgAggregator } from './fedavg-aggregator';
import { FedBuffAggregator } from './fedbuff-aggregator';
import { FtteAggregator } from './ftte-aggregator';
import { stepScaling } from './steps';

export * from './aggregator';
export * from './ca2fl-aggregator';
export * from './fadas-aggregator';
export * from './fedasync-aggregator';
export * from './fedavg-aggregator';
export * from './fedbuff-aggregator';
export * from './ftte-aggregator';
export * from './pseudo-gradient';
export * from './steps';
export * from './weights';

/** The rule that the task asks for. @param training how gateways train, as far as a rule must know */
export function createAggregator(settings: Aggregation, training?: Training): Aggregator {
  const { rule } = settings;
  const scaling = stepScaling(settings, training);
  switch (rule.kind) {
    case 'ftte':
      return new FtteAggregator(settings, scaling);
    case 'fedasync':
      return new FedAsyncAggregator(settings, rule);
    case 'fedavg':
      return new FedAvgAggregator(settings, rule, scaling);
    case 'fedbuff':
      return new FedBuffAggregator(settings, scaling);
    case 'ca2fl':
      return new Ca2flAggregator(settings, rule);
    case 'fadas':
      return new FadasAggregator(settings);
  }
}
