/** What outlives a restart: the journal of contributions and a checkpoint a version. */
export type { CheckpointState, LoadedCheckpoint, SavedVersion, StoredModel } from './checkpoint';
export { readStoredModel } from './find-model';
export type { JournalEntry } from './journal-record';
export * from './model-store';
export type { MembersToSave } from './rosters';
