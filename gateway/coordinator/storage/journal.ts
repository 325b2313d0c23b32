import { type FileHandle, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, removeFile, storageError, syncFolder, writeParts } from '../../platform';
import { decodeRecords, encodeRecord, type JournalEntry } from './journal-record';

/** The content of a journal that was opened. */
export interface JournalFound {
  readonly entries: readonly JournalEntry[];
  /** Bytes of an incomplete record, from an append that a crash interrupted. */
  readonly torn: number;
}

/** Stores accepted contributions until the version that contains them is durable. */
export interface Journal {
  /** Reads the content. @throws FtteError `storage` */
  open(): Promise<JournalFound>;
  /** Appends the entries with one write and one sync. They are durable when it resolves. @throws FtteError `storage` */
  append(entries: readonly JournalEntry[]): Promise<void>;
  /** Lets the next append begin a new file, so that whole files can be released. */
  rotate(): Promise<void>;
  /** Removes files without a contribution after this sequence number. A long file is not appended to any more. */
  release(throughSequence: number): Promise<void>;
  close(): Promise<void>;
}

interface Segment {
  readonly path: string;
  lastSequence: number;
  bytes: number;
}

/** A file of this length is not appended to any more. One file per version would make more files than records. */
const longBytes = 2 * 1024 * 1024;

/** A journal in files `journal-<number>.log`, which are appended to and never changed. */
export class FileJournal implements Journal {
  private segments: Segment[] = [];
  private nextNumber = 0;
  private current: { file: FileHandle; segment: Segment } | undefined;

  constructor(private readonly folder: string) {}

  async open(): Promise<JournalFound> {
    try {
      const numbers = (await this.list()).sort((a, b) => a - b);
      const entries: JournalEntry[] = [];
      let torn = 0;
      this.segments = [];
      for (const number of numbers) {
        const path = this.pathOf(number);
        const found = decodeRecords(await readFile(path));
        entries.push(...found.entries);
        torn += found.torn;
        const last = found.entries.reduce(
          (max, { contribution }) => Math.max(max, contribution.sequence),
          -1,
        );
        this.segments.push({ path, lastSequence: last, bytes: 0 });
      }
      this.nextNumber = (numbers.at(-1) ?? -1) + 1;
      return { entries, torn };
    } catch (error) {
      throw storageError('cannot read the journal in', this.folder, error);
    }
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    try {
      this.current ??= await this.begin();
      const { file, segment } = this.current;
      if (entries.length > 0) {
        segment.bytes += await writeParts(file, entries.flatMap(encodeRecord));
        await file.datasync();
      }
      for (const { contribution } of entries) {
        segment.lastSequence = Math.max(segment.lastSequence, contribution.sequence);
      }
    } catch (error) {
      // The file may end in an incomplete record, and after a failed sync its content is uncertain, so it is not used
      // any more.
      await this.rotate().catch(() => undefined);
      throw storageError('cannot write the journal in', this.folder, error);
    }
  }

  async rotate(): Promise<void> {
    const current = this.current;
    this.current = undefined;
    await current?.file.close();
  }

  async release(throughSequence: number): Promise<void> {
    if ((this.current?.segment.bytes ?? 0) >= longBytes) await this.rotate();
    const gone = this.segments.filter(
      (segment) => segment !== this.current?.segment && segment.lastSequence <= throughSequence,
    );
    try {
      for (const { path } of gone) await removeFile(path);
    } catch (error) {
      throw storageError('cannot tidy the journal in', this.folder, error);
    }
    this.segments = this.segments.filter((segment) => !gone.includes(segment));
  }

  close(): Promise<void> {
    return this.rotate();
  }

  private async begin(): Promise<{ file: FileHandle; segment: Segment }> {
    const segment = { path: this.pathOf(this.nextNumber++), lastSequence: -1, bytes: 0 };
    const file = await create(segment.path, 'ax');
    this.segments.push(segment);
    await syncFolder(this.folder);
    return { file, segment };
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

/** The journal of a coordinator that need not outlive the process. */
export class NoJournal implements Journal {
  async open(): Promise<JournalFound> {
    return { entries: [], torn: 0 };
  }
  async append(): Promise<void> {}
  async rotate(): Promise<void> {}
  async release(): Promise<void> {}
  async close(): Promise<void> {}
}
