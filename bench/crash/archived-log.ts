import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileStore } from '../../gateway/coordinator/storage/file-store';
import { encodeRecord, type JournalEntry } from '../../gateway/coordinator/storage/journal-record';
import type {
  GrowingFiles,
  LoggedUpdates,
  UpdateLog,
} from '../../gateway/coordinator/storage/log/update-log';
import type { SharedLog } from '../../gateway/coordinator/storage/shared/shared-log';
import { isCheckpoint } from './crash-archive';

/**
 * A log on a server of which copies are kept in a folder: of each update and checkpoint that it has taken, and of all that a
 * coordinator reads from it. What a killed process had stored and not copied is read by the next one, so nothing is missing.
 */
export function archivedLog(log: SharedLog, folder: string): SharedLog {
  const archive = new Archive(folder);
  return {
    place: log.place,
    leaseMs: log.leaseMs,
    lease: log.lease,
    of: (model) => new ArchivedLog(log.of(model), archive),
    close: () => log.close(),
  };
}

/** Files under the names that the audit knows, each once more for each copy. */
class Archive {
  private readonly run = `${process.pid}${Date.now()}`;
  private copies = 0;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  updates(entries: readonly JournalEntry[]): void {
    if (entries.length > 0) this.keep('journal-000000000.log', entries.flatMap(encodeRecord));
  }

  file(name: string, parts: readonly Uint8Array[]): void {
    if (isCheckpoint(name)) this.keep(name, parts);
  }

  private keep(name: string, parts: readonly Uint8Array[]): void {
    const path = join(this.folder, `${name}.${this.run}.${this.copies++}`);
    // This process may be killed in the middle.
    writeFileSync(`${path}.part`, Buffer.concat(parts));
    renameSync(`${path}.part`, path);
  }
}

class ArchivedLog implements UpdateLog {
  readonly isDurable = true;
  readonly isAtomic: boolean;
  readonly place: string;
  readonly files: FileStore;
  /** The files of the checkpoint that is being written. */
  private written: [name: string, bytes: Buffer][] | undefined;

  constructor(
    private readonly log: UpdateLog,
    private readonly archive: Archive,
  ) {
    this.isAtomic = log.isAtomic;
    this.place = log.place;
    this.files = {
      list: () => log.files.list(),
      read: async (name) => {
        const bytes = await log.files.read(name);
        archive.file(name, [bytes]);
        return bytes;
      },
      write: async (name, parts) => {
        const bytes = Buffer.concat(parts);
        await log.files.write(name, parts);
        if (this.written) this.written.push([name, bytes]);
        else archive.file(name, [bytes]);
      },
      remove: (name) => log.files.remove(name),
      setAside: (name) => log.files.setAside(name),
      close: () => log.files.close(),
    };
  }

  get trail(): GrowingFiles | undefined {
    return this.log.trail;
  }

  async read(): Promise<LoggedUpdates> {
    const found = await this.log.read();
    this.archive.updates(found.entries);
    return found;
  }

  async append(entries: readonly JournalEntry[]): Promise<readonly JournalEntry[]> {
    const copies = await this.log.append(entries);
    this.archive.updates(entries.filter((entry) => !copies.includes(entry)));
    return copies;
  }

  settle(): Promise<void> {
    return this.log.settle();
  }

  async checkpoint(write: () => Promise<void>): Promise<void> {
    const written: [string, Buffer][] = [];
    this.written = written;
    try {
      await this.log.checkpoint(write);
    } finally {
      this.written = undefined;
    }
    for (const [name, bytes] of written) this.archive.file(name, [bytes]);
  }

  release(through: number): Promise<void> {
    return this.log.release(through);
  }

  reset(): Promise<string | undefined> {
    return this.log.reset();
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
