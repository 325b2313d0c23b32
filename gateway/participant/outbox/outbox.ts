import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FtteError, messageOf, removeLeftovers, SerialQueue, writeAtomically } from '../../platform';
import type { Session } from '../../session';
import { decodeMessage, type Message, type Update } from '../../wire';
import { outboxFile, readOutboxFile } from './outbox-file';

export interface OutboxOptions {
  /** The session that sends the updates. */
  readonly session: Pick<Session, 'federation' | 'id' | 'encode'>;
  /** Undefined: updates wait in memory, and a restart loses them. */
  readonly folder: string | undefined;
  /** Most updates that are kept; the oldest is dropped first. Default 256. */
  readonly maxCount?: number;
  /** Most bytes of messages that are kept. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Called when the disk failed, or a file is damaged. The outbox continues. */
  readonly onProblem: (error: FtteError) => void;
  /** Called when an update was dropped because the outbox is full. */
  readonly onOverflow: (entry: OutboxEntry) => void;
}

/** An update that waits for its acknowledgement. */
export interface OutboxEntry {
  readonly id: string;
  readonly lineage: string;
  readonly bytes: number;
}

interface Held extends OutboxEntry {
  /** Undefined if there is no folder. */
  readonly path: string | undefined;
  /** The message, if there is no folder or the disk did not accept it. */
  readonly message: Uint8Array | undefined;
  /** Whether its bytes name this gateway and federation by their present names. */
  readonly isOwn: boolean;
}

/**
 * Updates that the coordinator has not acknowledged, oldest first. Each is in a file that was on disk before the update
 * was first sent. If the disk does not accept it, it is kept in memory. An update is encoded once, and stored and sent
 * as these bytes.
 */
export class Outbox {
  private held: Held[] = [];
  private next = 0;
  /** The newest update, until it is read, because most are sent at once. */
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

  /** Finds the updates of an earlier process. Damaged files are reported and removed. */
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

  /** Stores an update. Resolves when it is on disk, or in memory because the disk failed. */
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

  /**
   * The message of an entry, to be sent unchanged. Undefined if it was removed, or its file cannot be read any more.
   */
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

  /** Removes updates of other lineages and returns them. */
  keepOnly(lineage: string): Promise<readonly OutboxEntry[]> {
    return this.work.run(async () => {
      const expired = this.held.filter((entry) => entry.lineage !== lineage);
      for (const entry of expired) await this.discard(entry);
      return expired;
    });
  }

  /** The update in bytes that name this gateway by its present name. */
  private asOwn(message: Uint8Array): Uint8Array {
    const { session } = this.options;
    const { federation, sender, sequence, ...update } = decodeUpdate(message);
    return session.encode(update);
  }

  private async makeRoom(): Promise<void> {
    const { maxCount = 256, maxBytes = 16 * 1024 * 1024, onOverflow } = this.options;
    let bytes = this.held.reduce((sum, entry) => sum + entry.bytes, 0);
    // The newest stays even if it is over the limit alone.
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
  throw new FtteError('storage', `the message is of type ${decoded.type}, expected an update`);
}
