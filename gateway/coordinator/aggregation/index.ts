/** Rules that make one direction of many contributions. */
import type { Aggregation } from '../../task';
import type { Aggregator } from './aggregator';
import { Ca2flAggregator } from './ca2fl-aggregator';
import { FadasAggregator } from './fadas-aggregator';
import { FedAsyncAggregator } from './fedasync-aggregator';
import { FedAvgAggregator } from './fedavg-aggregator';
import { FedBuffAggregator } from './fedbuff-aggregator';
import { FtteAggregator } from './ftte-aggregator';

export * from './aggregator';
export * from './ca2fl-aggregator';
export * from './direction';
export * from './fadas-aggregator';
export * from './fedasync-aggregator';
export * from './fedavg-aggregator';
export * from './fedbuff-aggregator';
export * from './ftte-aggregator';
export * from './weights';

/** The rule that the task asks for. */
export function createAggregator(settings: Aggregation): Aggregator {
  const { rule } = settings;
  switch (rule.kind) {
    case 'ftte':
      return new FtteAggregator(settings);
    case 'fedasync':
      return new FedAsyncAggregator(settings, rule);
    case 'fedavg':
      return new FedAvgAggregator(settings, rule);
    case 'fedbuff':
      return new FedBuffAggregator(settings);
    case 'ca2fl':
      return new Ca2flAggregator(settings, rule);
    case 'fadas':
      return new FadasAggregator(settings);
  }
}
