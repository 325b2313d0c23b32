import type { Migration } from '../runtime';

/** Steps of the config of `ftte-train`, oldest first. */
export const migrations: readonly Migration[] = [];
