import type { Migration, StoredConfig } from '../runtime';

/** Steps of the config of `ftte-task`, oldest first. */
export const migrations: readonly Migration[] = [{ to: 2, migrate: supportToCoverage }];

/** `aggregation.support` of the task is called `aggregation.coverage`. */
function supportToCoverage(config: StoredConfig): StoredConfig {
  const { task } = config;
  if (!isRecord(task) || !isRecord(task['aggregation']) || !('support' in task['aggregation'])) return config;
  const { support, ...aggregation } = task['aggregation'];
  return { ...config, task: { ...task, aggregation: { coverage: support, ...aggregation } } };
}

function isRecord(value: unknown): value is StoredConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
