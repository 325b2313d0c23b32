import { setAside, type YieldToEventLoop } from '../../../platform';
import { FolderFileStore } from '../file-store';
import { FileJournal } from '../journal';
import type { JournalEntry } from '../journal-record';
import { LoggedKeys } from './logged-keys';
import type { LoggedUpdates, UpdateLog } from './update-log';

/** The log in a folder of this machine: a journal, and the files of checkpoints, rosters and past versions. */
export class FileLog implements UpdateLog {
  readonly isDurable = true;
  readonly isAtomic = false;
  readonly trail: FolderFileStore;
  files: FolderFileStore;
  private journal: FileJournal;
  private readonly keys = new LoggedKeys();

  /** @param place the folder, of this model only */
  constructor(
    readonly place: string,
    private readonly turn?: YieldToEventLoop,
  ) {
    this.files = new FolderFileStore(place);
    this.trail = this.files;
    this.journal = new FileJournal(place, turn);
  }

  async read(): Promise<LoggedUpdates> {
    const found = await this.journal.open();
    this.keys.clear();
    this.keys.add(found.entries);
    return found;
  }

  async append(entries: readonly JournalEntry[]): Promise<readonly JournalEntry[]> {
    const { fresh, copies } = this.keys.part(entries);
    if (fresh.length > 0) await this.journal.append(fresh);
    this.keys.add(fresh);
    return copies;
  }

  settle(): Promise<void> {
    return this.journal.settle();
  }

  checkpoint(write: () => Promise<void>): Promise<void> {
    return write();
  }

  async release(through: number): Promise<void> {
    await this.journal.release(through);
    this.keys.release(through);
  }

  async reset(): Promise<string> {
    const aside = await setAside(this.place);
    this.files = new FolderFileStore(this.place);
    this.journal = new FileJournal(this.place, this.turn);
    this.keys.clear();
    return aside;
  }

  async close(): Promise<void> {
    await this.journal.close();
    await this.files.close();
  }
}
