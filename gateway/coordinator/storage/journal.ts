import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  create,
  cutFile,
  removeFile,
  runAsync,
  setAside,
  storageError,
  syncFolder,
  writeParts,
  type YieldToEventLoop,
} from '../../platform';
import { decodeRecords, decodeRecordsInSteps, encodeRecord, type JournalEntry } from './journal-record';
import type { LoggedUpdates } from './log/update-log';

interface Segment {
  readonly path: string;
  lastSequence: number;
  /** Bytes of appends that succeeded, in a file of this run. */
  bytes: number;
  /** It is set aside when it is released. */
  readonly isDamaged: boolean;
}

/** A file of this length is not appended to any more. One file per version would make more files than records. */
const longBytes = 2 * 1024 * 1024;

/**
 * A journal in files `journal-<number>.log`, which are appended to. A record is never changed, and one whose append failed
 * is cut off, because its update may be refused when it comes again.
 */
export class FileJournal {
  private segments: Segment[] = [];
  private nextNumber = 0;
  /** The file that is appended to. It is open during an append only, so that its disk can be made read-only. */
  private current: Segment | undefined;
  /** Files whose last append failed. */
  private failed: Segment[] = [];

  /** @param turn yields to the event loop between two steps of reading; without it, a file is decoded at once */
  constructor(
    private readonly folder: string,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** Reads the content. @throws FtteError `storage` */
  async open(): Promise<LoggedUpdates> {
    try {
      const numbers = (await this.list()).sort((a, b) => a - b);
      const entries: JournalEntry[] = [];
      const damagedFiles: string[] = [];
      let torn = 0;
      let damaged = 0;
      let repaired = 0;
      this.segments = [];
      for (const number of numbers) {
        const path = this.pathOf(number);
        const bytes = await readFile(path);
        const { turn } = this;
        const found = turn ? await runAsync(decodeRecordsInSteps(bytes), turn) : decodeRecords(bytes);
        entries.push(...found.entries);
        torn += found.torn;
        damaged += found.damaged;
        repaired += found.repaired;
        const isDamaged = found.damaged + found.repaired > 0;
        if (isDamaged) damagedFiles.push(path);
        const last = found.entries.reduce(
          (max, { contribution }) => Math.max(max, contribution.sequence),
          -1,
        );
        this.segments.push({ path, lastSequence: last, bytes: 0, isDamaged });
      }
      this.nextNumber = (numbers.at(-1) ?? -1) + 1;
      return { entries, torn, damaged, repaired, damagedFiles };
    } catch (error) {
      throw storageError('cannot read the journal in', this.folder, error);
    }
  }

  /** Appends the entries with one write and one sync. They are durable when it resolves. @throws FtteError `storage` */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    await this.settle();
    try {
      const file = await this.openCurrent();
      try {
        const bytes = await writeParts(file, entries.flatMap(encodeRecord));
        await file.datasync();
        this.count(entries, bytes);
      } finally {
        await file.close();
      }
    } catch (error) {
      // The file may end in an incomplete record, and after a failed sync its content is uncertain, so it is not used
      // any more.
      if (this.current) this.failed.push(this.current);
      this.current = undefined;
      throw storageError('cannot write the journal in', this.folder, error);
    }
  }

  /** Undoes appends that failed, whose records may be on disk nevertheless. @throws FtteError `storage` */
  async settle(): Promise<void> {
    try {
      // One that was deleted needs no end.
      for (const { path, bytes } of this.failed) await cutFile(path, bytes);
      this.failed = [];
    } catch (error) {
      throw storageError('cannot write the journal in', this.folder, error);
    }
  }

  /** Lets the next append begin a new file, so that whole files can be released. */
  rotate(): void {
    this.current = undefined;
  }

  /** Removes files without a contribution after this sequence number. A long file is not appended to any more. */
  async release(throughSequence: number): Promise<void> {
    if ((this.current?.bytes ?? 0) >= longBytes) this.rotate();
    const gone = this.segments.filter(
      (segment) => segment !== this.current && segment.lastSequence <= throughSequence,
    );
    try {
      for (const { path, isDamaged } of gone) await (isDamaged ? setAside(path) : removeFile(path));
    } catch (error) {
      throw storageError('cannot tidy the journal in', this.folder, error);
    }
    this.segments = this.segments.filter((segment) => !gone.includes(segment));
  }

  async close(): Promise<void> {
    // An append that cannot be undone now counts after the next start, as no version was made since.
    await this.settle().catch(() => undefined);
  }

  private async openCurrent(): Promise<FileHandle> {
    if (this.current) return open(this.current.path, 'a');
    const segment = { path: this.pathOf(this.nextNumber++), lastSequence: -1, bytes: 0, isDamaged: false };
    const file = await create(segment.path, 'ax');
    this.segments.push(segment);
    this.current = segment;
    await syncFolder(this.folder);
    return file;
  }

  private count(entries: readonly JournalEntry[], bytes: number): void {
    const { current } = this;
    if (!current) return;
    current.bytes += bytes;
    for (const { contribution } of entries) {
      current.lastSequence = Math.max(current.lastSequence, contribution.sequence);
    }
  }

  private async list(): Promise<number[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [] as string[];
      throw error;
    });
    return names
      .map((name) => /^journal-(\d{6,15})\.log$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number);
  }

  private pathOf(number: number): string {
    return join(this.folder, `journal-${String(number).padStart(6, '0')}.log`);
  }
}
