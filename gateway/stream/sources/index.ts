/** Streams to replay: recordings, text files, and people made up. */
export * from './csv-source';
export type { RecordingMeta } from './recording-meta';
export * from './recording-source';
export { type SyntheticActivity, syntheticActivities } from './synthetic-person';
export * from './synthetic-wearable';
