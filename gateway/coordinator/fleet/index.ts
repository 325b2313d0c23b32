/** Who trains when, where the coordinator grants rounds, and what a gateway needs to begin one. */
export * from './catch-ups';
export * from './concurrency';
export * from './grants';
