/** What the server does with the direction of a buffer. */
import type { Aggregation } from '../../task';
import { dampingOf } from '../aggregation/damping';
import { AdamServer } from './adam-server';
import { AmsgradServer } from './amsgrad-server';
import type { ServerOptimiser } from './server-optimiser';
import { SgdServer } from './sgd-server';
import { YogiServer } from './yogi-server';

export * from './adam-server';
export * from './amsgrad-server';
export * from './server-optimiser';
export * from './sgd-server';
export * from './yogi-server';

/** The server optimiser that the task asks for. */
export function createServerOptimiser(aggregation: Aggregation): ServerOptimiser {
  const { rule, server } = aggregation;
  // FADAS is a step as much as a mean.
  if (rule.kind === 'fadas') return new AmsgradServer(rule);
  switch (server.kind) {
    case 'sgd':
      // FedAsync minds the age itself, in how much it mixes in.
      return new SgdServer(
        rule.kind === 'fedasync' && server.learningRate === 'auto' ? { ...server, learningRate: 1 } : server,
        dampingOf(aggregation),
      );
    case 'adam':
      return new AdamServer(server);
    case 'yogi':
      return new YogiServer(server);
  }
}
