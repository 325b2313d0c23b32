/** What outlives a restart: the journal of contributions and a checkpoint a version. */
export type { CheckpointState, LoadedCheckpoint } from './checkpoint';
export type { JournalEntry } from './journal-record';
export * from './ledger';
