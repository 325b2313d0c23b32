import { FtteError, type Log, messageOf, type YieldToEventLoop } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import type { RestoredMembers, SavedMember } from '../fleet/membership';
import type { CheckpointMembers, CheckpointState, LoadedCheckpoint } from './checkpoint';
import { Checkpoints } from './checkpoints';
import type { JournalEntry } from './journal-record';
import type { UpdateLog } from './log/update-log';
import { type MembersToSave, Rosters } from './rosters';
import { type LogOwner, ownLog } from './shared/log-owner';
import { Trail } from './trail';
import type { TrailStep } from './trail-record';

/** The state of a version that is to be written, before it is decided how its members are stored. */
export type VersionState = Omit<CheckpointState, 'members'> & {
  readonly members: MembersToSave;
  /** The step by which the version follows from the one before it, if later versions may need that. */
  readonly step: TrailStep | undefined;
};

/** The content of a model store that was opened. */
export interface ModelStoreContents {
  readonly checkpoint: LoadedCheckpoint | undefined;
  /** The members at the time of the checkpoint. */
  readonly members: RestoredMembers;
  /** Contributions of the checkpoint's lineage that are not in its parameters, oldest first, each once. */
  readonly contributions: readonly Contribution[];
  /** The highest version that may have been published; -1 if there is none. */
  readonly highestVersion: number;
  /** For a person: what was damaged, and how it was repaired. */
  readonly remarks: readonly string[];
}

/**
 * The storage of one model: what is written to its log, and in which order. The log releases the contributions of a
 * version only when the version after it is durable, so that the checkpoint before the last one and the updates in the
 * log are always enough.
 */
export class ModelStore {
  private checkpoints: Checkpoints;
  private rosters: Rosters;
  /** The roster that the members' changes follow. Undefined: the next version needs a new one. */
  private roster: number | undefined;
  private saved: Pick<CheckpointState, 'version' | 'appliedThrough' | 'past'> | undefined;
  private trail: Trail;

  /**
   * @param updateLog of this model only
   * @param turn yields to the event loop while a version is laid out as bytes
   */
  constructor(
    private readonly updateLog: UpdateLog,
    private readonly keepNewest: number,
    private readonly log: Log,
    private readonly turn?: YieldToEventLoop,
  ) {
    this.checkpoints = new Checkpoints(updateLog.files, keepNewest, turn);
    this.rosters = new Rosters(updateLog.files, turn);
    this.trail = this.makeTrail();
  }

  /** The stored versions, to which a rollback is possible. */
  get versions(): readonly number[] {
    return this.checkpoints.versions;
  }

  /** Ensures that a log on a server is that of this coordinator. @throws FtteError `config-invalid`, `storage` */
  own(owner: LogOwner): Promise<void> {
    return ownLog(this.updateLog, owner);
  }

  /**
   * Reads the content.
   * @throws FtteError `checkpoint-damaged` if there are files and no checkpoint is whole, so that a person decides;
   * `storage`
   */
  async open(): Promise<ModelStoreContents> {
    await this.rosters.open();
    await this.trail.open();
    let saved: readonly SavedMember[] = [];
    const found = await this.checkpoints.open(async ({ members }) => {
      saved = members.saved;
      if (members.roster !== undefined) saved = await this.rosters.read(members.roster);
      this.roster = members.roster;
    });
    const { state, highestVersion } = found;
    const remarks = [...found.reasons];
    if (state && state.members.roster !== this.roster) remarks.push(membersLost);
    const { entries, torn, damaged, repaired, damagedFiles } = await this.updateLog.read();
    if (!state) {
      if (found.hasFiles || entries.length > 0 || damaged > 0) throw this.noCheckpoint(found.reasons);
      const members = { saved: [], changes: none };
      return { checkpoint: undefined, members, contributions: [], highestVersion: -1, remarks };
    }
    this.saved = state;
    if (torn > 0) remarks.push(`${torn} bytes of an interrupted write were left out of the journal`);
    const files = damagedFiles.join(', ');
    if (damaged > 0)
      remarks.push(`${damaged} damaged records in ${files} are lost, and all others were read`);
    if (repaired > 0) remarks.push(`${repaired} damaged records in ${files} were repaired`);
    const members = { saved, changes: state.members.changes };
    return { checkpoint: state, members, contributions: pending(entries, state), highestVersion, remarks };
  }

  /**
   * Makes accepted contributions durable.
   * @returns those that are in the log already, and do not count again
   * @throws FtteError `storage`; none of them counts then
   */
  record(entries: readonly JournalEntry[]): Promise<readonly JournalEntry[]> {
    return this.updateLog.append(entries);
  }

  /**
   * Makes a version durable, and then removes old files.
   * @param keep versions that stay whatever their age
   * @throws FtteError `storage`; the version must not be published then
   */
  async commit(state: VersionState, keep: readonly number[]): Promise<void> {
    // No version before: an update that was not acknowledged may be too old in it, and must not come back by a restart.
    await this.updateLog.settle();
    const { version, appliedThrough, past } = state;
    const roster = await this.write(state, keep);
    const before = this.saved;
    this.saved = { version, appliedThrough, past };
    if (!before || before.version === state.version) return;
    try {
      await this.checkpoint(async () => {
        await this.updateLog.release(before.appliedThrough);
        await this.trail.release(before.past?.from);
        if (roster !== undefined) await this.rosters.tidy(roster);
      });
    } catch (error) {
      // The version is durable, so a file that cannot be removed is no failure.
      this.log.warn(messageOf(error), 'files-left');
    }
  }

  /** Writes a version. @returns the number of its roster */
  private async write(
    { members: toSave, step, ...rest }: VersionState,
    keep: readonly number[],
  ): Promise<number | undefined> {
    let roster: number | undefined;
    try {
      await this.checkpoint(async () => {
        const members = await this.placeOf(toSave);
        roster = members.roster;
        // At the same time: a checkpoint needs the steps before its own, which are in the trail already.
        await together([
          this.trail.append(rest.lineage, step, rest.past),
          this.checkpoints.save({ ...rest, members }, keep),
        ]);
      });
      return roster;
    } catch (error) {
      if (this.updateLog.isAtomic) {
        this.roster = undefined;
        this.trail.interrupt();
      }
      throw error;
    }
  }

  /** Runs writes of a checkpoint. If they fail and leave nothing, all that is known of the files is as before. */
  private async checkpoint(write: () => Promise<void>): Promise<void> {
    const undos = [this.checkpoints, this.rosters, this.trail].map((files) => files.mark());
    try {
      await this.updateLog.checkpoint(write);
    } catch (error) {
      if (this.updateLog.isAtomic) for (const undo of undos) undo();
      throw error;
    }
  }

  /**
   * The published parameters of past versions, by number, ascending: those of the trail, and the kept checkpoints for
   * any that are missing there.
   * @param size of the model
   * @throws FtteError `storage`
   */
  async past(
    { lineage, past }: Pick<LoadedCheckpoint, 'lineage' | 'past'>,
    size: number,
  ): Promise<ReadonlyMap<number, Float32Array>> {
    if (!past) return new Map();
    const found = await this.trail.read(lineage, past, size);
    if (found.size === past.count) return found;
    for (const version of this.versions) {
      if (version < past.from || version > past.to || found.has(version)) continue;
      const kept = await this.load(version).catch(() => undefined);
      if (kept?.lineage === lineage) found.set(version, kept.parameters.published);
    }
    return new Map([...found].sort(([a], [b]) => a - b));
  }

  /** @throws FtteError `config-invalid` naming the stored versions; `checkpoint-damaged`; `storage` */
  load(version: number): Promise<LoadedCheckpoint> {
    return this.checkpoints.load(version);
  }

  async close(): Promise<void> {
    await this.updateLog.close();
  }

  /**
   * The place of the members: the newest roster, and the changes since then. A new roster is on disk before a
   * checkpoint names it, and the changes are counted from its start. So each checkpoint gives the members at its time,
   * even after an interruption.
   */
  private async placeOf(members: MembersToSave): Promise<CheckpointMembers> {
    // In memory a checkpoint is only used for a rollback, which does not change the members.
    if (!this.updateLog.isDurable) return { roster: undefined, saved: [], changes: none };
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

  /**
   * Sets everything aside if all checkpoints are damaged, and begins an empty log.
   * @returns where the former content is now
   * @throws FtteError `storage`
   */
  async reset(): Promise<string | undefined> {
    const aside = await this.updateLog.reset();
    const { files } = this.updateLog;
    this.checkpoints = new Checkpoints(files, this.keepNewest, this.turn);
    this.rosters = new Rosters(files, this.turn);
    this.roster = undefined;
    this.trail = this.makeTrail();
    this.saved = undefined;
    return aside;
  }

  private noCheckpoint(reasons: readonly string[]): FtteError {
    const { place } = this.updateLog;
    const why =
      reasons.length > 0 ? reasons.join('; ') : 'the journal holds updates, and there is no checkpoint';
    const isFolder = !place.includes('://');
    const restore = isFolder
      ? `restore a backup with: ftte recover ${place} --from BACKUP`
      : 'restore a backup of the server';
    const command = isFolder ? ` or with: ftte recover ${place} --reset` : '';
    return new FtteError(
      'checkpoint-damaged',
      `no checkpoint in ${place} can be read (${why}). Nothing was changed. ${restore}; or start a new model with the action "reset"${command}`,
      { path: place },
    );
  }

  private makeTrail(): Trail {
    return new Trail(this.updateLog.trail, Math.max(2, this.keepNewest) - 1, this.turn);
  }
}

/** Waits for all of them, whatever happens to one. @throws the first error */
async function together(jobs: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(jobs)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

const none = new Uint8Array(0);
const membersLost =
  'the list of gateways is lost until they report again, and an earlier update that is sent again may count twice';

/**
 * The contributions in the journal that a checkpoint does not contain. A contribution may have been written twice, if
 * the first write reported a failure although it was on disk. It counts once, as the later one: if the earlier one were
 * applied, the later one would be found again.
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
