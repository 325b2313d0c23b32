import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FtteError, messageOf, removeLeftovers, SerialQueue, writeAtomically } from '../../platform';
import type { Session } from '../../session';
import { decodeMessage, type Message, type Update } from '../../wire';
import { outboxFile, readOutboxFile } from './outbox-file';

export interface OutboxOptions {
  /** Whose updates these are. */
  readonly session: Pick<Session, 'federation' | 'id' | 'encode'>;
  /** Undefined: updates wait in memory, and a restart loses them. */
  readonly folder: string | undefined;
  /** Updates kept at most; the oldest goes first. Default 256. */
  readonly maxCount?: number;
  /** Bytes of messages kept at most. Default 16 MiB. */
  readonly maxBytes?: number;
  /** The disk failed, or a file is damaged. The outbox carries on. */
  readonly onProblem: (error: FtteError) => void;
  /** An update was given up because the outbox is full. */
  readonly onOverflow: (entry: OutboxEntry) => void;
}

/** An update that waits for its acknowledgement. */
export interface OutboxEntry {
  readonly id: string;
  readonly lineage: string;
  readonly bytes: number;
}

interface Held extends OutboxEntry {
  /** Undefined where there is no folder. */
  readonly path: string | undefined;
  /** In memory only if there is no folder, or the disk did not take it. */
  readonly message: Uint8Array | undefined;
  /** Its bytes name this gateway and federation as they are called now. */
  readonly isOwn: boolean;
}

/**
 * Updates that the coordinator has not acknowledged, oldest first, each in a file of its own that was on disk before
 * it was first sent. What the disk does not take is kept in memory. An update is kept and sent as the bytes that it was
 * encoded to once.
 */
export class Outbox {
  private held: Held[] = [];
  private next = 0;
  /** The update put last, until it is read: most are sent at once. */
  private newest: { readonly id: string; readonly message: Uint8Array } | undefined;
  /** File operations, one after the other. */
  private readonly work = new SerialQueue();

  constructor(private readonly options: OutboxOptions) {}

  get size(): number {
    return this.held.length;
  }

  /** Oldest first. */
  get entries(): readonly OutboxEntry[] {
    return this.held;
  }

  has(id: string): boolean {
    return this.held.some((entry) => entry.id === id);
  }

  /** Finds what an earlier process left. Damaged files are told and removed. */
  open(): Promise<void> {
    const { folder, session } = this.options;
    if (folder === undefined) return Promise.resolve();
    return this.work
      .run(async () => {
        await mkdir(folder, { recursive: true });
        await removeLeftovers(folder);
        const names = (await readdir(folder)).filter((name) => name.endsWith('.update')).sort();
        for (const name of names) {
          const path = join(folder, name);
          try {
            const message = await readOutboxFile(path);
            const { id, lineage, federation, sender } = decodeUpdate(message);
            const isOwn = federation === session.federation && sender === session.id;
            this.held.push({ id, lineage, bytes: message.length, path, message: undefined, isOwn });
            this.next = Math.max(this.next, Number.parseInt(name, 10) + 1 || 0);
          } catch (error) {
            this.problem(error, `an update was lost: ${path}`);
            await rm(path, { force: true });
          }
        }
        await this.makeRoom();
      })
      .catch((error) => this.problem(error, `cannot use the outbox ${folder}`));
  }

  /** Keeps an update; resolves when it is on disk, or in memory because the disk failed. */
  put(update: Update, message: Uint8Array): Promise<void> {
    return this.work.run(async () => {
      const { folder } = this.options;
      const path = folder && join(folder, `${String(this.next++).padStart(12, '0')}-${update.id}.update`);
      const entry = { id: update.id, lineage: update.lineage, bytes: message.length, path, isOwn: true };
      try {
        if (path) await writeAtomically(path, await outboxFile(message));
        this.held.push({ ...entry, message: path ? undefined : message });
        this.newest = { id: update.id, message };
      } catch (error) {
        this.held.push({ ...entry, message });
        this.problem(error, 'an update is kept in memory only');
      }
      await this.makeRoom();
    });
  }

  /** The message of an entry, to be sent as it is; undefined if it is gone or its file cannot be read any more. */
  read(id: string): Promise<Uint8Array | undefined> {
    return this.work.run(async () => {
      const entry = this.held.find((other) => other.id === id);
      const { newest } = this;
      this.newest = undefined;
      if (entry && newest?.id === id) return newest.message;
      if (!entry?.path || entry.message) return entry?.message;
      try {
        const message = await readOutboxFile(entry.path);
        return entry.isOwn ? message : this.asOwn(message);
      } catch (error) {
        this.problem(error, `an update was lost: ${entry.path}`);
        await this.discard(entry);
        return undefined;
      }
    });
  }

  remove(id: string): Promise<void> {
    return this.work.run(async () => {
      const entry = this.held.find((other) => other.id === id);
      if (entry) await this.discard(entry);
    });
  }

  /** Removes what is not of this lineage and returns it. */
  keepOnly(lineage: string): Promise<readonly OutboxEntry[]> {
    return this.work.run(async () => {
      const expired = this.held.filter((entry) => entry.lineage !== lineage);
      for (const entry of expired) await this.discard(entry);
      return expired;
    });
  }

  /** The update in bytes that name this gateway as it is called now. */
  private asOwn(message: Uint8Array): Uint8Array {
    const { session } = this.options;
    const { federation, sender, sequence, ...update } = decodeUpdate(message);
    return session.encode(update);
  }

  private async makeRoom(): Promise<void> {
    const { maxCount = 256, maxBytes = 16 * 1024 * 1024, onOverflow } = this.options;
    let bytes = this.held.reduce((sum, entry) => sum + entry.bytes, 0);
    // The newest stays even where it alone is over the limit.
    while (this.held.length > 1 && (this.held.length > maxCount || bytes > maxBytes)) {
      const oldest = this.held[0]!;
      bytes -= oldest.bytes;
      await this.discard(oldest);
      onOverflow(oldest);
    }
  }

  private async discard(entry: Held): Promise<void> {
    this.held = this.held.filter((other) => other !== entry);
    const { path } = entry;
    if (!path) return;
    await rm(path, { force: true }).catch((error) =>
      this.problem(error, `cannot remove ${path}; it may be sent again after a restart`),
    );
  }

  private problem(error: unknown, what: string): void {
    const text = `${what}: ${messageOf(error)}`;
    this.options.onProblem(
      new FtteError('storage', text, { path: this.options.folder ?? '' }, { cause: error }),
    );
  }
}

/** @throws FtteError `message-invalid`, `storage` */
function decodeUpdate(message: Uint8Array): Message<'update'> {
  const decoded = decodeMessage(message);
  if (decoded.type === 'update') return decoded;
  throw new FtteError('storage', `a message of type ${decoded.type}, expected an update`);
}
