import { type Clock, DiskWrites, FtteError, type Random, SerialQueue } from '../../platform';
import type { Session } from '../../session';
import { decodeMessage, type Message, type Update } from '../../wire';
import { isLost, OutboxFolder } from './outbox-folder';

export interface OutboxOptions {
  /** The session that sends the updates. */
  readonly session: Pick<Session, 'federation' | 'id' | 'encode'>;
  /** Undefined: updates wait in memory, and a restart loses them. */
  readonly folder: string | undefined;
  /** Most updates that are kept; the oldest is dropped first. Default 256. */
  readonly maxCount?: number;
  /** Most bytes of messages that are kept. Default 16 MiB. */
  readonly maxBytes?: number;
  readonly clock: Clock;
  /** Jitter between attempts to write. */
  readonly random: Random;
  /** Called when the disk failed (once for each reason), or a file is damaged. The outbox continues. */
  readonly onProblem: (error: FtteError) => void;
  /** Called when the folder can be used again. Updates that were in memory are then on disk. */
  readonly onRecovered: (folder: string) => void;
  /** Called when updates of an earlier process were found after `open`, because the folder could not be read before. */
  readonly onFound: () => void;
  /** Called when an update is dropped because the outbox is full. @param aside whether it is of another lineage */
  readonly onOverflow: (entry: OutboxEntry, aside: boolean) => void;
}

/** An update that waits for its acknowledgement, or for its lineage. */
export interface OutboxEntry {
  readonly id: string;
  readonly lineage: string;
  readonly bytes: number;
}

interface Held extends OutboxEntry {
  /** Undefined until it is on disk. */
  path: string | undefined;
  /** Undefined once it is on disk. */
  message: Uint8Array | undefined;
  /** Whether its bytes name this gateway and federation by their present names. */
  readonly isOwn: boolean;
}

/**
 * Updates that the coordinator has not acknowledged, oldest first. Each is in a file that was on disk before the update
 * was first sent. If the disk does not accept it, it is kept in memory, and written when the disk accepts it. An update
 * is encoded once, and stored and sent as these bytes.
 *
 * Updates of other lineages than the model's stay in case their lineage comes back. They are the first to be dropped at
 * the limits, so that they take no room from the others.
 */
export class Outbox {
  private held: Held[] = [];
  private lineage: string | undefined;
  private readonly folder: OutboxFolder | undefined;
  private isOpen = false;
  private isLeft = false;
  /** Files of removed updates that are still to be deleted. */
  private readonly gone = new Set<string>();
  /** Updates whose file cannot be read at present, which was reported. */
  private readonly unreadable = new Set<string>();
  /** The newest update, until it is read, because most are sent at once. */
  private newest: { readonly id: string; readonly message: Uint8Array } | undefined;
  /** File operations, one after the other. */
  private readonly work = new SerialQueue();
  private readonly disk: DiskWrites;

  constructor(private readonly options: OutboxOptions) {
    const { folder } = options;
    if (folder !== undefined)
      this.folder = new OutboxFolder(folder, { ...options, onLost: (error) => this.leave(error) });
    this.disk = new DiskWrites({
      ...options,
      onStorage: (problem) => this.report(problem),
      retry: () => void this.work.run(() => this.settle()),
    });
  }

  /** Number of updates of the model's lineage; of all of them before it is known. */
  get size(): number {
    return this.held.length - this.aside;
  }

  /** Number of updates of other lineages. */
  get aside(): number {
    const { lineage } = this;
    return lineage === undefined ? 0 : this.held.filter((entry) => entry.lineage !== lineage).length;
  }

  /** Of all lineages, oldest first. */
  get entries(): readonly OutboxEntry[] {
    return this.held;
  }

  has(id: string): boolean {
    return this.held.some((entry) => entry.id === id);
  }

  /** Whether an update waits, and is of another lineage than the model. */
  isAside(id: string): boolean {
    const { lineage } = this;
    return lineage !== undefined && this.held.some((entry) => entry.id === id && entry.lineage !== lineage);
  }

  /**
   * Finds the updates of an earlier process. Damaged files are reported and removed. A folder that cannot be used is
   * reported, and opened when it can be used.
   */
  open(): Promise<void> {
    this.disk.start();
    return this.work.run(() => this.settle());
  }

  /** Ends the attempts to write; resolves when nothing is being written. */
  async close(): Promise<void> {
    this.disk.stop();
    await this.work.idle();
    await this.folder?.close();
  }

  /** Stores an update. Resolves when it is on disk, or in memory because the disk failed. */
  put({ id, lineage }: Update, message: Uint8Array): Promise<void> {
    return this.work.run(async () => {
      this.held.push({ id, lineage, bytes: message.length, path: undefined, message, isOwn: true });
      this.newest = { id, message };
      await this.settle();
      if (this.makeRoom()) await this.settle();
    });
  }

  /** The message of an entry, to be sent unchanged. Undefined if it was removed, or its file cannot be read. */
  read(id: string): Promise<Uint8Array | undefined> {
    return this.work.run(async () => {
      const entry = this.held.find((other) => other.id === id);
      const { newest } = this;
      this.newest = undefined;
      if (entry && newest?.id === id) return newest.message;
      if (!entry?.path || entry.message) return entry?.message;
      try {
        const message = await this.folder?.read(entry.path);
        this.unreadable.delete(id);
        return entry.isOwn || !message ? message : this.asOwn(message);
      } catch (error) {
        const isNews = !this.unreadable.has(id);
        this.unreadable.add(id);
        if (isNews) this.unread(error as FtteError);
        if (isLost(error as FtteError)) await this.discard([entry]);
        return undefined;
      }
    });
  }

  remove(id: string): Promise<void> {
    return this.work.run(async () => {
      const entry = this.held.find((other) => other.id === id);
      if (entry) await this.discard([entry]);
    });
  }

  /** The model is of this lineage. Updates of others stay, and no longer count as waiting. */
  setLineage(lineage: string): void {
    this.lineage = lineage;
  }

  /** Writes and deletes what the folder lacks and has too much, as far as the disk accepts it. */
  private async settle(): Promise<void> {
    const { folder } = this;
    if (!folder || this.isLeft) return;
    await this.disk.write(async () => {
      if (!this.isOpen) await this.load(folder);
      for (const path of this.gone) {
        await folder.remove(path);
        this.gone.delete(path);
      }
      for (const entry of this.held) {
        if (!entry.message) continue;
        entry.path = await folder.add(entry.id, entry.message);
        entry.message = undefined;
      }
    });
  }

  private async load(folder: OutboxFolder): Promise<void> {
    const wasFailing = this.disk.failing;
    const found = await folder.open((error) => this.unread(error));
    const { federation, id: own } = this.options.session;
    const held: Held[] = [];
    for (const { path, message } of found) {
      try {
        const { id, lineage, federation: of, sender } = decodeUpdate(message);
        const isOwn = of === federation && sender === own;
        held.push({ id, lineage, bytes: message.length, path, message: undefined, isOwn });
      } catch (error) {
        this.unread(error as FtteError);
        this.gone.add(path);
      }
    }
    this.held = [...held, ...this.held];
    this.isOpen = true;
    this.makeRoom();
    if (wasFailing && held.length > 0) this.options.onFound();
  }

  /** The update in bytes that name this gateway by its present name. */
  private asOwn(message: Uint8Array): Uint8Array {
    const { session } = this.options;
    const { federation, sender, sequence, ...update } = decodeUpdate(message);
    return session.encode(update);
  }

  /** @returns whether updates were dropped, whose files are still to be deleted */
  private makeRoom(): boolean {
    const { maxCount = 256, maxBytes = 16 * 1024 * 1024, onOverflow } = this.options;
    let count = this.held.length;
    let bytes = this.held.reduce((sum, entry) => sum + entry.bytes, 0);
    // The newest stays even if it is over the limit alone.
    const over = this.inOrderOfLoss().filter((entry) => {
      const isOver = count > maxCount || bytes > maxBytes;
      if (isOver) {
        count--;
        bytes -= entry.bytes;
      }
      return isOver;
    });
    for (const entry of over) onOverflow(entry, this.isAside(entry.id));
    this.drop(over);
    return over.length > 0;
  }

  /** All but the newest, those of other lineages first. */
  private inOrderOfLoss(): Held[] {
    const newest = this.held.at(-1);
    // Before the task names the lineage, that of the newest is the best guess.
    const lineage = this.lineage ?? newest?.lineage;
    const older = this.held.slice(0, -1);
    return [
      ...older.filter((entry) => entry.lineage !== lineage),
      ...older.filter((entry) => entry.lineage === lineage),
    ];
  }

  private discard(entries: readonly Held[]): Promise<void> {
    this.drop(entries);
    return this.settle();
  }

  /** Writes nothing more: another process uses the folder. What is on disk is that process's. */
  private leave(error: FtteError): void {
    this.isLeft = true;
    this.options.onProblem(error);
  }

  private drop(entries: readonly Held[]): void {
    const out = new Set(entries);
    this.held = this.held.filter((entry) => !out.has(entry));
    for (const { id, path } of entries) {
      this.unreadable.delete(id);
      if (path) this.gone.add(path);
    }
  }

  private unread(error: FtteError): void {
    const text = isLost(error) ? `an update was lost: ${error.message}` : error.message;
    this.options.onProblem(new FtteError('storage', text, error.details, { cause: error }));
  }

  private report(problem: FtteError | undefined): void {
    const { folder = '', onProblem, onRecovered } = this.options;
    if (problem) {
      const text = `updates wait in memory only: ${problem.message}`;
      onProblem(new FtteError('storage', text, problem.details, { cause: problem }));
    } else onRecovered(folder);
  }
}

/** @throws FtteError `message-invalid`, `storage` */
function decodeUpdate(message: Uint8Array): Message<'update'> {
  const decoded = decodeMessage(message);
  if (decoded.type === 'update') return decoded;
  throw new FtteError('storage', `the message is of type ${decoded.type}, expected an update`);
}
