import { DiskWrites, FtteError, runAsync, SerialQueue } from '../../platform';
import { decodeStored, encodeAhead, type Message, type Update, withCounter } from '../../wire';
import { canMerge, mergeUpdates } from './merge-updates';
import { isLost, OutboxFolder } from './outbox-folder';
import { beyondLimits } from './outbox-limits';
import type { OutboxEntry, OutboxLimit, OutboxOptions } from './outbox-types';
import { UpdateCounter } from './update-counter';

/** Most updates of one base version that wait to be sent for the first time. */
const mostOfVersion = 8;

interface Held extends OutboxEntry {
  bytes: number;
  readonly baseVersion: number;
  /** Whether nobody else has it: it was made in this process, and never read to be sent. */
  isUnsent: boolean;
  /** Undefined until it is on disk. */
  path: string | undefined;
  /** Undefined once it is on disk. */
  message: Uint8Array | undefined;
  /** Whether its bytes name this gateway and federation by their present names, in the present version of the protocol. */
  isOwn: boolean;
  /** Whether its bytes have a counter of this gateway. */
  isCounted: boolean;
}

/**
 * Updates that the coordinator has not acknowledged, oldest first. Each is in a file that was on disk before the update
 * was first sent. If the disk does not accept it, it is kept in memory, and written when the disk accepts it. An update
 * is encoded once, and stored and sent as these bytes.
 *
 * Rounds of one base version and plan that end while nothing can be sent become one update. It has the id and the file of
 * the first of them, and only an update that was never sent is written over: whatever happens, the coordinator counts
 * each round once.
 *
 * In a federation with invitations each update gets a counter (P-28), which is on disk before the update is first sent. One
 * that waits behind others gets it when it is read, so that those that are merged or dropped before use none up.
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
  /** The newest update as it was made, until it is sent: its exact values are those that a merge begins with. */
  private latest: Update | undefined;
  /** File operations, one after the other. */
  private readonly work = new SerialQueue();
  private readonly disk: DiskWrites;
  private readonly counter: UpdateCounter;

  constructor(private readonly options: OutboxOptions) {
    const { folder } = options;
    this.counter = new UpdateCounter(() => options.session.updateCounter);
    if (folder !== undefined)
      this.folder = new OutboxFolder(
        folder,
        { ...options, onLost: (error) => this.leave(error) },
        options.cipher,
      );
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

  /** Whether an update waits, and has masks. */
  isMasked(id: string): boolean {
    return this.held.some((entry) => entry.id === id && entry.isMasked);
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

  /**
   * Stores an update, alone or as a part of the one before it. Resolves when it is on disk, or in memory because the disk
   * failed.
   */
  put(update: Update, message: Uint8Array): Promise<void> {
    return this.work.run(async () => {
      const { latest } = this;
      const waiting = latest && this.held.find(({ id, isUnsent }) => id === latest.id && isUnsent);
      // The file of an outbox that was left is another process's, which may have sent it.
      if (waiting && canMerge(latest, update) && !(this.isLeft && waiting.path)) {
        await this.merge(waiting, mergeUpdates(latest, update));
        this.options.onMerged(update.id, waiting.id);
      } else this.append(update, message);
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
      if (entry) entry.isUnsent = false;
      if (this.latest?.id === id) this.latest = undefined;
      if (!entry) return undefined;
      if (newest?.id === id) return this.counted(entry, newest.message);
      if (!entry.path || entry.message) return entry.message && this.counted(entry, entry.message);
      try {
        const message = await this.folder?.read(entry.path);
        this.unreadable.delete(id);
        return message && this.counted(entry, entry.isOwn ? message : this.asOwn(message));
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

  /** Drops the updates of a lineage that have no masks. */
  dropPlain(lineage: string): Promise<void> {
    return this.work.run(async () => {
      const plain = this.held.filter((entry) => entry.lineage === lineage && !entry.isMasked);
      this.dropFor(plain, () => 'plain');
      if (plain.length > 0) await this.settle();
    });
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
        // One that was merged takes the place of its file in one step.
        if (entry.path) await folder.replace(entry.path, entry.message);
        else entry.path = await folder.add(entry.id, entry.message);
        entry.message = undefined;
      }
    });
  }

  private append(update: Update, message: Uint8Array): void {
    const { id, lineage, baseVersion } = update;
    const counter = this.held.some(({ isUnsent }) => isUnsent) ? undefined : this.takeCounter();
    const bytes = counter === undefined ? message : withCounter(message, counter);
    const file = { bytes: bytes.length, path: undefined, message: bytes };
    const flags = { isMasked: update.masks !== undefined, isOwn: true, isCounted: counter !== undefined };
    this.held.push({ id, lineage, baseVersion, ...file, ...flags, isUnsent: true });
    this.newest = { id, message: bytes };
    if (this.options.mergesRounds === false) return;
    this.latest = flags.isCounted ? { ...update, counter } : update;
    const same = this.held.filter(
      (other) => other.isUnsent && other.lineage === lineage && other.baseVersion === baseVersion,
    );
    this.dropFor(same.slice(0, -mostOfVersion), () => 'version');
  }

  private async merge(waiting: Held, merged: Update): Promise<void> {
    const { session, yieldToEventLoop } = this.options;
    if (yieldToEventLoop) await runAsync(encodeAhead(merged.delta), yieldToEventLoop);
    const message = session.encode(merged);
    waiting.message = message;
    waiting.bytes = message.length;
    this.newest = { id: waiting.id, message };
    this.latest = merged;
  }

  private async load(folder: OutboxFolder): Promise<void> {
    const wasFailing = this.disk.failing;
    const found = await folder.open((error) => this.unread(error));
    const { federation, id: own } = this.options.session;
    const held: Held[] = [];
    for (const { path, message } of found) {
      try {
        const { update, isEarlier } = decodeUpdate(message);
        const { id, lineage, baseVersion, federation: of, sender, counter } = update;
        const file = { bytes: message.length, path, message: undefined };
        const isOwn = !isEarlier && of === federation && sender === own;
        const isCounted = isOwn && counter !== undefined;
        if (isCounted) this.counter.note(counter);
        const flags = { isMasked: update.masks !== undefined, isOwn, isCounted, isUnsent: false };
        held.push({ id, lineage, baseVersion, ...file, ...flags });
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

  /** A counter, if one can be given: not before the counters of all updates that wait are known. */
  private takeCounter(): number | undefined {
    return this.folder && (!this.isOpen || this.isLeft) ? undefined : this.counter.take();
  }

  /** The message with a counter, which is on disk when it is sent: sent again, it has the same one. */
  private async counted(entry: Held, message: Uint8Array): Promise<Uint8Array> {
    const counter = entry.isCounted ? undefined : this.takeCounter();
    if (counter === undefined) return message;
    const bytes = withCounter(message, counter);
    Object.assign(entry, { isOwn: true, isCounted: true, bytes: bytes.length, message: bytes });
    await this.settle();
    return bytes;
  }

  /** The update in bytes of the present version, which name this gateway by its present name. */
  private asOwn(message: Uint8Array): Uint8Array {
    const { session } = this.options;
    // Its counter is of the earlier name.
    const { federation, sender, sequence, counter, ...update } = decodeUpdate(message).update;
    return session.encode(update);
  }

  /** @returns whether updates were dropped, whose files are still to be deleted */
  private makeRoom(): boolean {
    const over = beyondLimits(this.held, this.lineage, this.options);
    this.dropFor(over, ({ id }) => (this.isAside(id) ? 'aside' : 'full'));
    return over.length > 0;
  }

  private dropFor(entries: readonly Held[], limitOf: (entry: Held) => OutboxLimit): void {
    for (const entry of entries) this.options.onOverflow(entry, limitOf(entry));
    this.drop(entries);
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
      if (this.latest?.id === id) this.latest = undefined;
      this.unreadable.delete(id);
      if (path) this.gone.add(path);
    }
  }

  private unread(error: FtteError): void {
    const isAside = error.details['otherKey'] === true;
    const text = isLost(error) && !isAside ? `an update was lost: ${error.message}` : error.message;
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
function decodeUpdate(stored: Uint8Array): {
  readonly update: Message<'update'>;
  readonly isEarlier: boolean;
} {
  const { message, isEarlier } = decodeStored(stored);
  if (message.type === 'update') return { update: message, isEarlier };
  throw new FtteError('storage', `the message is of type ${message.type}, expected an update`);
}
