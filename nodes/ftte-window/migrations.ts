import type { Migration } from '../runtime';

/** Steps of the config of `ftte-window`, oldest first. */
export const migrations: readonly Migration[] = [];
