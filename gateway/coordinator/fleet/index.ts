/** Grants of rounds: how many, to which gateways, and what a gateway needs to begin one. */
export * from './catch-ups';
export * from './concurrency';
export * from './grant-starts';
export * from './grants';
