/** What outlives a restart: the journal of contributions and a checkpoint a version. */
export type { CheckpointState, LoadedCheckpoint, StoredModel } from './checkpoint';
export { readStoredModel } from './find-model';
export type { JournalEntry } from './journal-record';
export * from './model-store';
