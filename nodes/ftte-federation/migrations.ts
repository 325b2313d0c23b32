import type { Migration } from '../runtime';

/** Steps of the config of `ftte-federation`, oldest first. */
export const migrations: readonly Migration[] = [
  {
    // Federations of before invitations stay what they were.
    to: 2,
    migrate: (config) => ({ membership: 'open', ...config }),
  },
];
