/** Rules that make one direction of many contributions. */
import type { Aggregation } from '../../task';
import type { Aggregator } from './aggregator';
import { FedBuffAggregator } from './fedbuff-aggregator';
import { FtteAggregator } from './ftte-aggregator';

export * from './aggregator';
export * from './direction';
export * from './fedbuff-aggregator';
export * from './ftte-aggregator';
export * from './weights';

/** The rule that the task asks for. */
export function createAggregator(settings: Aggregation): Aggregator {
  switch (settings.rule.kind) {
    case 'ftte':
      return new FtteAggregator(settings);
    case 'fedbuff':
      return new FedBuffAggregator(settings);
  }
}
