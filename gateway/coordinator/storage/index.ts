/** What outlives a restart: the journal of contributions and a checkpoint a version. */
export * from './checkpoint';
export * from './checkpoints';
export * from './journal';
export type { JournalEntry } from './journal-record';
export * from './vault';
