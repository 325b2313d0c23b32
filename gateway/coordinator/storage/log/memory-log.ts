import { MemoryFileStore } from '../file-store';
import type { JournalEntry } from '../journal-record';
import type { LoggedUpdates, UpdateLog } from './update-log';

/** The log of a coordinator that need not outlive the process: its files are for a rollback, and updates are not kept. */
export class MemoryLog implements UpdateLog {
  readonly place = 'memory';
  readonly isDurable = false;
  readonly isAtomic = false;
  readonly files = new MemoryFileStore();
  readonly trail = undefined;

  async read(): Promise<LoggedUpdates> {
    return { entries: [], torn: 0, damaged: 0, repaired: 0, damagedFiles: [] };
  }
  async append(): Promise<readonly JournalEntry[]> {
    return [];
  }
  async settle(): Promise<void> {}
  checkpoint(write: () => Promise<void>): Promise<void> {
    return write();
  }
  async release(): Promise<void> {}
  async reset(): Promise<undefined> {}
  async close(): Promise<void> {}
}
