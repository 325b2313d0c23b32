import { rename, rm } from 'node:fs/promises';
import { FtteError, type Log, messageOf, type YieldToEventLoop } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import type { RestoredMembers, SavedMember } from '../fleet/membership';
import type { CheckpointMembers, CheckpointState, LoadedCheckpoint } from './checkpoint';
import { Checkpoints } from './checkpoints';
import { type FileStore, FolderFileStore, MemoryFileStore } from './file-store';
import { FileJournal, type Journal, NoJournal } from './journal';
import type { JournalEntry } from './journal-record';
import { type MembersToSave, Rosters } from './rosters';

/** What is written down of a version, before its members have their place. */
export type VersionState = Omit<CheckpointState, 'members'> & { readonly members: MembersToSave };

/** What a modelStore held when it was opened. */
export interface ModelStoreContents {
  readonly checkpoint: LoadedCheckpoint | undefined;
  /** Who took part, as of the checkpoint. */
  readonly members: RestoredMembers;
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
  private rosters: Rosters;
  /** The roster that the members' changes come after; undefined: the next version needs a new one. */
  private roster: number | undefined;
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
    const files = this.makeFileStore();
    this.checkpoints = new Checkpoints(files, keepNewest, turn);
    this.rosters = new Rosters(files, turn);
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
    await this.rosters.open();
    let saved: readonly SavedMember[] = [];
    const found = await this.checkpoints.open(async ({ members }) => {
      saved = members.saved;
      if (members.roster !== undefined) saved = await this.rosters.read(members.roster);
      this.roster = members.roster;
    });
    const { state, highestVersion } = found;
    const remarks = [...found.damaged];
    if (state?.members.roster !== this.roster) remarks.push(membersLost);
    if (!state && remarks.length > 0) await this.setAside();
    const { entries, torn } = await this.journal.open();
    if (!state) {
      const members = { saved: [], changes: none };
      return { checkpoint: undefined, members, contributions: [], highestVersion: -1, remarks };
    }
    this.saved = { version: state.version, appliedThrough: state.appliedThrough };
    if (torn > 0) remarks.push(`${torn} bytes of an interrupted write were left out of the journal`);
    const members = { saved, changes: state.members.changes };
    return { checkpoint: state, members, contributions: pending(entries, state), highestVersion, remarks };
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
  async commit(state: VersionState, keep: readonly number[]): Promise<void> {
    const members = await this.placeOf(state.members);
    await this.checkpoints.save({ ...state, members }, keep);
    const before = this.saved;
    this.saved = { version: state.version, appliedThrough: state.appliedThrough };
    if (!before || before.version === state.version) return;
    try {
      await this.journal.release(before.appliedThrough);
      if (members.roster !== undefined) await this.rosters.tidy(members.roster);
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

  /**
   * Where the members are: in the newest roster and the changes since. A new roster is on disk before any checkpoint
   * names it, and the changes are those since it was begun; so each checkpoint comes to what the members were when it was
   * made, whatever is interrupted.
   */
  private async placeOf(members: MembersToSave): Promise<CheckpointMembers> {
    // In memory a checkpoint is only gone back to, and going back leaves the members alone.
    if (this.folder === undefined) return { roster: undefined, saved: [], changes: none };
    const { changes } = members;
    let { bytes } = changes;
    while (this.roster === undefined || bytes === undefined || changes.isDue) {
      this.roster = undefined;
      changes.clear();
      this.roster = await this.rosters.write(members.saved());
      bytes = changes.bytes;
    }
    return { roster: this.roster, saved: [], changes: bytes };
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
    const files = this.makeFileStore();
    this.checkpoints = new Checkpoints(files, this.keepNewest, this.turn);
    this.rosters = new Rosters(files, this.turn);
  }

  private makeFileStore(): FileStore {
    return this.folder === undefined ? new MemoryFileStore() : new FolderFileStore(this.folder);
  }
}

const none = new Uint8Array(0);
const membersLost =
  'the gateways known before are forgotten until they are heard again, and an update of before that comes again may count twice';

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
