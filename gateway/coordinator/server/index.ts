/** What the server does with the direction of a buffer. */
import type { Aggregation } from '../../task';
import { AdamServer } from './adam-server';
import type { ServerOptimiser } from './server-optimiser';
import { SgdServer } from './sgd-server';

export * from './adam-server';
export * from './server-optimiser';
export * from './sgd-server';

/** The server optimiser that the task asks for. */
export function createServerOptimiser(settings: Aggregation['server']): ServerOptimiser {
  return settings.kind === 'adam' ? new AdamServer(settings) : new SgdServer(settings);
}
