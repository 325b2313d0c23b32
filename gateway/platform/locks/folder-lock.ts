import { stat } from 'node:fs/promises';
import { FtteError } from '../errors/errors';
import { removeFile } from '../files/atomic-file';
import { storageError } from '../files/storage-error';
import type { Random } from '../random/random';
import type { Clock, Timer } from '../time/clock';
import { createLock, type LockRecord, readLock, removeLock, touch } from './lock-file';
import { ownIdentity, stateOf } from './process-identity';

/** Options of `FolderLock`. */
export interface FolderLockOptions {
  readonly clock: Clock;
  /** Names the acquisition. */
  readonly random: Random;
  /** Called when another process has taken the lock over: nothing may be written any more. */
  readonly onLost: (error: FtteError) => void;
}

/** Pause between two looks of the holder at its lock file. */
const lookMs = 10_000;
/** Longest answer of a holder that this process cannot see: on this machine, and over a network whose caches are slow. */
const answerMs = { here: 30_000, elsewhere: 100_000 } as const;
/** An empty lock file is one that is being written, or one that a crash left. */
const writingMs = 1_000;
const mostAttempts = 5;
/** Reads of a new lock file that agree before it counts, and reads at most. */
const enoughReads = 4;
const mostReads = 20;

/** Locks of this process by their token; false: it was released, and its file could not be removed. */
const ownLocks = new Map<string, boolean>();

/**
 * A lock file: one process at a time uses a folder. A lock whose process has ended is taken over at once. A process that
 * this one cannot see (another machine, another container) is asked by a file beside the lock, which a holder removes.
 */
export class FolderLock {
  private readonly token: string;
  private held = false;
  private released = false;
  private timer: Timer | undefined;
  /** The lock that was asked for a sign of life, and when. */
  private asked: { readonly token: string; readonly sinceMs: number } | undefined;
  /** When a lock file without a record was first seen. */
  private emptySinceMs: number | undefined;

  /** @param path of the lock file; its folder is made if it is missing */
  constructor(
    private readonly path: string,
    private readonly options: FolderLockOptions,
  ) {
    this.token = options.random.hex(8);
  }

  /**
   * Takes the lock. If the holder cannot be seen, the first calls fail, and a later one succeeds if no sign of life came.
   * @throws FtteError `storage` with the reason `locked` (a process uses the folder), `lock-asked` (it cannot be seen) or
   * that of the system
   */
  async acquire(): Promise<void> {
    if (this.held) return;
    this.released = false;
    try {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        if ((await createLock(this.path, this.record())) && (await this.isOurs())) return this.hold();
        await this.clear();
      }
    } catch (error) {
      throw storageError('cannot lock', this.path, error);
    }
    throw new FtteError('storage', `cannot lock ${this.path}: others take it at the same time`, {
      path: this.path,
      reason: 'locked',
    });
  }

  /** Gives the lock up. A lock file that cannot be removed does no harm. */
  async release(): Promise<void> {
    this.released = true;
    this.timer?.cancel();
    if (!this.held) return;
    this.held = false;
    ownLocks.set(this.token, false);
    await removeLock(this.path, this.token, this.token).then(
      () => ownLocks.delete(this.token),
      () => undefined,
    );
  }

  private record() {
    return { ...ownIdentity(), token: this.token, since: new Date(this.options.clock.now()).toISOString() };
  }

  /**
   * Whether the lock file stays the one that was created. Another that removes an old lock at the same time may move a new
   * one aside, and puts it back a moment later, over one that was created meanwhile. So the file counts when several reads
   * in a row agree.
   */
  private async isOurs(): Promise<boolean> {
    let before: string | undefined;
    for (let read = 0, alike = 0; read < mostReads && alike < enoughReads; read++) {
      const token = (await readLock(this.path))?.record?.token ?? '';
      alike = token === before ? alike + 1 : 1;
      before = token;
    }
    return before === this.token;
  }

  private hold(): void {
    this.held = true;
    this.asked = undefined;
    ownLocks.set(this.token, true);
    this.look();
  }

  /** Removes a lock whose holder is gone. @throws FtteError if the holder is there, or may be */
  private async clear(): Promise<void> {
    const found = await readLock(this.path);
    if (!found) return;
    const { record, isCopy } = found;
    if (!record) await this.expectRecord();
    else if (!isCopy) await this.expectEnd(record);
    await removeLock(this.path, record?.token, this.token);
  }

  /** @throws FtteError if the lock file may still be being written */
  private async expectRecord(): Promise<void> {
    const { clock } = this.options;
    this.emptySinceMs ??= clock.now();
    if (clock.now() - this.emptySinceMs < writingMs) throw this.refusal('lock-asked', 'is being locked');
    this.emptySinceMs = undefined;
  }

  /** @throws FtteError if the holder is there, or may be */
  private async expectEnd(record: LockRecord): Promise<void> {
    const { pid, host, since, token } = record;
    const who = `is in use by process ${pid} on ${host} since ${since}`;
    const own = ownLocks.get(token);
    const state = own === undefined ? stateOf(record) : own ? 'running' : 'ended';
    if (state === 'ended') return;
    const help = `stop it, or use another folder; if it is gone, delete ${this.path}`;
    if (state === 'running') throw this.refusal('locked', `${who}: ${help}`, record);
    const limitMs = host === ownIdentity().host ? answerMs.here : answerMs.elsewhere;
    const { clock } = this.options;
    if (this.asked?.token !== token) {
      this.asked = { token, sinceMs: clock.now() };
      await touch(this.askPath);
    } else if (!(await exists(this.askPath))) {
      this.asked = undefined;
      throw this.refusal('locked', `${who}, which answers: ${help}`, record);
    } else if (clock.now() - this.asked.sinceMs >= limitMs) {
      await removeFile(this.askPath);
      return;
    }
    const seconds = limitMs / 1000;
    throw this.refusal(
      'lock-asked',
      `${who}, which cannot be seen: waiting ${seconds} s for its answer`,
      record,
    );
  }

  private refusal(reason: 'locked' | 'lock-asked', text: string, record?: LockRecord): FtteError {
    const who = record && { pid: record.pid, host: record.host };
    const folder = this.path.replace(/[/\\][^/\\]*$/, '');
    return new FtteError('storage', `${folder} ${text}`, { path: this.path, reason, ...who });
  }

  private get askPath(): string {
    return `${this.path}.ask`;
  }

  /** Looks after a while whether the lock is still there, and answers a process that asks. */
  private look(): void {
    if (this.released) return;
    this.timer = this.options.clock.after(lookMs, () => {
      this.lookNow()
        // A disk that cannot be read says nothing about the lock.
        .catch(() => undefined)
        .then(() => {
          if (this.held) this.look();
        });
    });
  }

  private async lookNow(): Promise<void> {
    const found = await readLock(this.path);
    if (!this.held) return;
    if (!found) {
      await createLock(this.path, this.record());
      return;
    }
    if (found.record && found.record.token !== this.token) {
      this.held = false;
      ownLocks.delete(this.token);
      const { pid, host } = found.record;
      this.options.onLost(
        this.refusal('locked', `was taken over by process ${pid} on ${host}`, found.record),
      );
      return;
    }
    if (await exists(this.askPath)) await removeFile(this.askPath);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
