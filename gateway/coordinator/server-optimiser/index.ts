/** Server optimisers: how the pseudo-gradient of a buffer moves the model. */
import type { Aggregation } from '../../task';
import { AdaptiveServer } from './adaptive-server';
import type { ServerOptimiser } from './server-optimiser';
import { SgdServer } from './sgd-server';

export * from './adaptive-server';
export * from './amsgrad-server';
export * from './server-optimiser';
export * from './sgd-server';

/**
 * Creates the server optimiser that the task's `aggregation.server` names.
 * @param damping delay compensation of the rule, on which the automatic rate of SGD depends
 */
export function createServerOptimiser(server: Aggregation['server'], damping = 0): ServerOptimiser {
  switch (server.kind) {
    case 'sgd':
      return new SgdServer(server, damping);
    case 'adam':
    case 'yogi':
      return new AdaptiveServer(server.kind, server);
  }
}
