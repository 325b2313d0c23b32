import { parseTask } from '../../gateway/task';
import { smallTask } from '../../tools/support/small-task';

export const failoverFederation = 'failover';

/** Updates that make a version. */
export const bufferSize = 4;

/** Only a full buffer makes a version, so that the same updates in the same order give the same bits. */
export const failoverTask = parseTask({
  name: 'failover',
  ...smallTask(8),
  aggregation: { bufferSize, maxWaitMs: 86_400_000, participation: { kind: 'free' } },
  encoding: { update: 'float32', patch: 'float32' },
});
