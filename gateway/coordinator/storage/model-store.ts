import { rename, rm } from 'node:fs/promises';
import { FtteError, type Log, messageOf, type YieldToEventLoop } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import type { CheckpointState, LoadedCheckpoint } from './checkpoint';
import { Checkpoints } from './checkpoints';
import { FolderFileStore, MemoryFileStore } from './file-store';
import { FileJournal, type Journal, NoJournal } from './journal';
import type { JournalEntry } from './journal-record';

/** What a ledger held when it was opened. */
export interface ModelStoreContents {
  readonly checkpoint: LoadedCheckpoint | undefined;
  /** Contributions of the checkpoint's lineage that are not in its parameters, oldest first, each once. */
  readonly contributions: readonly Contribution[];
  /** Highest version that may have been published; -1 where there is none. */
  readonly highestVersion: number;
  /** For a person: what was not whole and how it was made good. */
  readonly remarks: readonly string[];
}

/**
 * The memory of one model on disk: journal and checkpoints together. What the journal held for a version is let go
 * only when the version after it is durable, so that the checkpoint before last and the journal always suffice.
 */
export class ModelStore {
  private readonly journal: Journal;
  private checkpoints: Checkpoints;
  private saved: { version: number; appliedThrough: number } | undefined;

  /**
   * @param folder of this model alone; undefined: nothing outlives the process
   * @param turn lets the event loop go on while a version is laid out as bytes
   */
  constructor(
    private readonly folder: string | undefined,
    private readonly keepNewest: number,
    private readonly log: Log,
    private readonly turn?: YieldToEventLoop,
  ) {
    this.journal = folder === undefined ? new NoJournal() : new FileJournal(folder);
    this.checkpoints = this.makeCheckpoints();
  }

  /** Versions that can be gone back to. */
  get versions(): readonly number[] {
    return this.checkpoints.versions;
  }

  /**
   * Reads what is there. Where no checkpoint is whole, the folder is set aside as `<folder>.damaged` and a new one
   * begun. @throws FtteError `storage`
   */
  async open(): Promise<ModelStoreContents> {
    const { state, highestVersion, damaged } = await this.checkpoints.open();
    const remarks = [...damaged];
    if (!state && damaged.length > 0) await this.setAside();
    const { entries, torn } = await this.journal.open();
    if (!state) {
      return { checkpoint: undefined, contributions: [], highestVersion: -1, remarks };
    }
    this.saved = { version: state.version, appliedThrough: state.appliedThrough };
    if (torn > 0) remarks.push(`${torn} bytes of an interrupted write were left out of the journal`);
    return { checkpoint: state, contributions: pending(entries, state), highestVersion, remarks };
  }

  /** Makes accepted contributions durable. @throws FtteError `storage`; none of them counts then */
  record(entries: readonly JournalEntry[]): Promise<void> {
    return this.journal.append(entries);
  }

  /**
   * Makes a version durable, then tidies up.
   * @param keep versions that stay however old they are
   * @throws FtteError `storage`; the version must not be published then
   */
  async commit(state: CheckpointState, keep: readonly number[]): Promise<void> {
    // In memory a checkpoint is only gone back to, and going back leaves the members alone.
    await this.checkpoints.save(this.folder === undefined ? { ...state, members: [] } : state, keep);
    const before = this.saved;
    this.saved = { version: state.version, appliedThrough: state.appliedThrough };
    if (!before || before.version === state.version) return;
    try {
      await this.journal.rotate();
      await this.journal.release(before.appliedThrough);
    } catch (error) {
      // What is safe is not told of as unsafe: a file too many does no harm.
      this.log.warn(messageOf(error));
    }
  }

  /** @throws FtteError `config-invalid` naming what is kept; `checkpoint-damaged`; `storage` */
  load(version: number): Promise<LoadedCheckpoint> {
    return this.checkpoints.load(version);
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  private async setAside(): Promise<void> {
    const { folder } = this;
    if (folder === undefined) return;
    const aside = `${folder}.damaged`;
    try {
      await rm(aside, { recursive: true, force: true });
      await rename(folder, aside);
    } catch (error) {
      const text = `cannot set ${folder} aside: ${messageOf(error)}`;
      throw new FtteError('storage', text, { folder }, { cause: error });
    }
    this.checkpoints = this.makeCheckpoints();
  }

  private makeCheckpoints(): Checkpoints {
    const { folder } = this;
    return new Checkpoints(
      folder === undefined ? new MemoryFileStore() : new FolderFileStore(folder),
      this.keepNewest,
      this.turn,
    );
  }
}

/**
 * The journal's contributions that a checkpoint does not hold. One that was written twice (the first time was told as
 * failed, and was on disk all the same) counts once, as the later: an earlier one that was applied would leave the
 * later to be found again.
 */
function pending(entries: readonly JournalEntry[], state: LoadedCheckpoint): Contribution[] {
  const byId = new Map<string, Contribution>();
  for (const { lineage, contribution } of entries) {
    const { sequence, gateway, id } = contribution;
    if (lineage !== state.lineage || sequence <= state.appliedThrough) continue;
    const key = `${gateway} ${id}`;
    if (sequence >= (byId.get(key)?.sequence ?? 0)) byId.set(key, contribution);
  }
  return [...byId.values()].sort((a, b) => a.sequence - b.sequence);
}
