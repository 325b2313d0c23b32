/** What the server does with the direction of a buffer. */
import type { Aggregation } from '../../task';
import { AdamServer } from './adam-server';
import type { ServerOptimiser } from './server-optimiser';
import { SgdServer } from './sgd-server';
import { YogiServer } from './yogi-server';

export * from './adam-server';
export * from './server-optimiser';
export * from './sgd-server';
export * from './yogi-server';

/** The server optimiser that the task asks for. */
export function createServerOptimiser({ server }: Aggregation): ServerOptimiser {
  switch (server.kind) {
    case 'sgd':
      return new SgdServer(server);
    case 'adam':
      return new AdamServer(server);
    case 'yogi':
      return new YogiServer(server);
  }
}
