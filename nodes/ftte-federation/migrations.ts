import type { Migration } from '../runtime';

/** Steps of the config of `ftte-federation`, oldest first. */
export const migrations: readonly Migration[] = [];
