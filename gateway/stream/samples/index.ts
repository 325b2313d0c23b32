/** Samples: a bounded choice of them in memory, and the file that keeps it across a restart. */
export { PersistedSamples, type PersistedSamplesOptions } from './persisted-samples';
export * from './sample';
export * from './sample-store';
export type { StoredSample } from './store-content';
