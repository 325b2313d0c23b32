import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  type Clock,
  DiskWrites,
  eraseFile,
  FolderLock,
  FtteError,
  type Random,
  SerialQueue,
  type StorageCipher,
  setAside,
  storageError,
  writeParts,
} from '../../platform';
import { readSamples, writeSamples } from './sample-file';
import { droppedRecord, sampleRecord, sampleRecordBytes } from './sample-records';
import type { SampleStore, SampleStoreListener } from './sample-store';
import type { StoredSample } from './store-content';

/** Options of `PersistedSamples`. */
export interface PersistedSamplesOptions {
  readonly store: SampleStore;
  /** Undefined: the samples are never written to disk. */
  readonly file: string | undefined;
  /** False: nothing is written, and what an earlier run has left in the file is erased. Default true. */
  readonly keep?: boolean;
  /** Whether the owner keeps other processes out of the folder already. Default false. */
  readonly isLocked?: boolean;
  /** Encrypts the file. Absent: samples are on disk in plain. */
  readonly cipher?: StorageCipher | undefined;
  readonly clock: Clock;
  /** Jitter between attempts to write. */
  readonly random: Random;
  /** Called when the disk failed, once for each reason. */
  readonly onProblem: (error: FtteError) => void;
  /** Called when the file is damaged. Default: `onProblem`. */
  readonly onDamaged?: (error: FtteError) => void;
  /** Called when samples of the file do not fit the task of the store, or its capacity. */
  readonly onDropped?: (count: number) => void;
  /** Called when the file can be written again. */
  readonly onRecovered: (path: string) => void;
}

/** The file is written again when it is twice as long as its samples need, and this much longer. */
const wasteBytes = 64 * 1024;
/** Samples that wait for the disk beyond this are not appended one by one. */
const mostWaitingBytes = 4 * 1024 * 1024;

/**
 * Keeps a sample store across a restart of the process. Every sample that the store keeps is appended to a file at once,
 * in turns of the event loop, so that the end of the process loses none. The file is written again when most of it is of
 * samples that were replaced. If the disk fails, the whole store is written when it works.
 */
export class PersistedSamples {
  private readonly queue = new SerialQueue();
  private readonly disk: DiskWrites;
  private readonly lock: FolderLock | undefined;
  /** The store holds the samples of the role before it, in this process. */
  private readonly isHandedOver: boolean;
  private stopListening: () => void = () => undefined;
  /** The file was read, and no other process uses it. */
  private isOpen = false;
  private isLost = false;
  /** The file does not lead to the content of the store: it has to be written as a whole. */
  private isOutdated = true;
  private isDue = false;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private fileBytes = 0;
  /** Bytes of the record of one sample. */
  private recordBytes = 0;
  private isStarted = false;

  constructor(private readonly options: PersistedSamplesOptions) {
    const { store, file, isLocked, onProblem, onRecovered } = options;
    this.isHandedOver = store.size > 0;
    this.disk = new DiskWrites({
      ...options,
      onStorage: (problem) => (problem ? onProblem(problem) : onRecovered(file ?? '')),
      retry: () => void this.write(),
    });
    if (file === undefined || isLocked) return;
    this.lock = new FolderLock(`${file}.lock`, { ...options, onLost: (error) => this.leave(error) });
  }

  /**
   * Fills the store with the samples of the file, unless it was handed over, and writes down what changes from now on. A
   * damaged file is reported. One that cannot be read is reported, and read when it can be.
   */
  async open(): Promise<void> {
    if (this.options.file === undefined) return;
    this.isStarted = true;
    this.disk.start();
    if (this.isKept) this.stopListening = this.options.store.listen(this.listener);
    await this.write();
  }

  /** Writes what waits, and lets another process use the file. */
  async close(): Promise<void> {
    this.disk.stop();
    this.stopListening();
    if (!this.isStarted) return;
    if (this.isKept) await this.write();
    await this.queue.run(() => this.sync());
    await this.lock?.release();
  }

  /** Empties the store and erases the file. @throws FtteError `storage` if the file cannot be erased */
  async forget(): Promise<void> {
    const { store, file } = this.options;
    store.clear();
    if (file !== undefined) await this.queue.run(() => this.erase(file, true));
  }

  private readonly listener: SampleStoreListener = {
    kept: (sample: StoredSample, seen: number, replaced: number) => {
      const { cipher } = this.options;
      this.recordBytes = sampleRecordBytes(sample.window.length, cipher);
      this.append(sampleRecord(sample, seen, replaced, cipher), this.recordBytes);
    },
    dropped: (ids) => this.append(droppedRecord(ids, this.options.cipher), 0),
    changed: () => {
      this.outdate();
      void this.write();
    },
  };

  private get isKept(): boolean {
    return this.options.keep ?? true;
  }

  private append(record: readonly Uint8Array[], bytes: number): void {
    if (!this.isOutdated) {
      this.waiting.push(...record);
      this.waitingBytes += bytes;
      if (this.waitingBytes > mostWaitingBytes) this.outdate();
    }
    void this.write();
  }

  private outdate(): void {
    this.isOutdated = true;
    this.waiting = [];
    this.waitingBytes = 0;
  }

  /** Brings the file up to date. Changes that come before its turn are covered by it. */
  private write(): Promise<void> {
    const { file } = this.options;
    if (this.isDue || this.isLost || file === undefined) return this.queue.idle();
    this.isDue = true;
    return this.queue.run(async () => {
      this.isDue = false;
      await this.disk.write(async () => {
        await this.lock?.acquire();
        if (!this.isKept) return this.erase(file, true);
        if (!this.isOpen) await this.read(file);
        if (this.isOutdated || this.isWasteful) await this.writeAll(file);
        else await this.writeWaiting(file);
      });
    });
  }

  private async read(file: string): Promise<void> {
    const found = this.isHandedOver ? undefined : await readSamples(file, this.options.cipher);
    if (found) {
      const { content, bytes, isWhole, hasChanged, damage } = found;
      if (damage) await this.reportDamage(file, damage, hasChanged);
      this.fileBytes = hasChanged ? 0 : bytes;
      const { isSame, dropped } = this.options.store.restore(content);
      this.isOutdated = !isSame || !isWhole;
      if (dropped > 0) this.options.onDropped?.(dropped);
    }
    const [sample] = this.options.store.list();
    if (sample) this.recordBytes = sampleRecordBytes(sample.window.length, this.options.cipher);
    this.isOpen = true;
  }

  /** Reports what was lost. A file that has changed on disk is set aside. */
  private async reportDamage(file: string, damage: FtteError, hasChanged: boolean): Promise<void> {
    const aside = hasChanged ? `; the file is kept as ${await setAside(file)}` : '';
    const text = `${damage.message}${aside}`;
    const { onProblem, onDamaged = onProblem } = this.options;
    onDamaged(new FtteError('storage', text, damage.details, { cause: damage }));
  }

  private get isWasteful(): boolean {
    return this.fileBytes > wasteBytes + 2 * this.options.store.size * this.recordBytes;
  }

  private async writeAll(file: string): Promise<void> {
    const { store } = this.options;
    if (store.size === 0) return this.fileBytes > 0 ? this.erase(file) : undefined;
    this.outdate();
    this.isOutdated = false;
    try {
      this.fileBytes = await writeSamples(file, store.content, this.options.cipher);
    } catch (error) {
      this.outdate();
      throw error;
    }
    await this.writeWaiting(file);
  }

  private async writeWaiting(file: string): Promise<void> {
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    this.waitingBytes = 0;
    try {
      // Not a new file, which would have no header.
      const handle = await open(file, constants.O_WRONLY | constants.O_APPEND);
      try {
        this.fileBytes += await writeParts(handle, waiting);
      } finally {
        await handle.close();
      }
    } catch (error) {
      this.outdate();
      throw storageError('cannot write', file, error);
    }
  }

  private async erase(file: string, copies = false): Promise<void> {
    this.outdate();
    await eraseFile(file, copies);
    this.fileBytes = 0;
  }

  /** Makes the file durable, for a power failure after the end. */
  private async sync(): Promise<void> {
    const { file } = this.options;
    if (file === undefined || !this.isOpen || this.fileBytes === 0) return;
    try {
      const handle = await open(file, 'r+');
      await handle.datasync().finally(() => handle.close());
    } catch {
      // The disk has failed, which was reported.
    }
  }

  /** Writes nothing more: another process uses the file. */
  private leave(error: FtteError): void {
    this.isLost = true;
    this.options.onProblem(error);
  }
}
