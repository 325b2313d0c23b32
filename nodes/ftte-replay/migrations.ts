import type { Migration } from '../runtime';

/** Steps of the config of `ftte-replay`, oldest first. */
export const migrations: readonly Migration[] = [];
