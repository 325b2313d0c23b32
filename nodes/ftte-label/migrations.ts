import type { Migration } from '../runtime';

/** Steps of the config of `ftte-label`, oldest first. */
export const migrations: readonly Migration[] = [];
