import type { Migration } from '../runtime';

/** Steps of the config of `ftte-predict`, oldest first. */
export const migrations: readonly Migration[] = [];
