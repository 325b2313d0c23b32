import type { Migration } from '../runtime';

/** Steps of the config of `ftte-coordinate`, oldest first. */
export const migrations: readonly Migration[] = [];
