/** Storage that survives a restart: the journal of contributions, and one checkpoint per version. */
export type { CheckpointState, LoadedCheckpoint, SavedVersion, StoredModel } from './checkpoint';
export { readStoredModel } from './find-model';
export type { JournalEntry } from './journal-record';
export { FileLog } from './log/file-log';
export { MemoryLog } from './log/memory-log';
export type { UpdateLog } from './log/update-log';
export * from './model-store';
export * from './repair';
export type { MembersToSave } from './rosters';
export { otherCoordinator } from './shared/log-owner';
export { type LogAddress, openSharedLog } from './shared/open-shared-log';
export { isDeposed, type LogHolder, type LogLeader, type SharedLog } from './shared/shared-log';
export type { TrailStep } from './trail-record';
