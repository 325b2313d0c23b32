import type { FileStore } from '../file-store';
import type { JournalEntry } from '../journal-record';

/** The updates of a log that was read. */
export interface LoggedUpdates {
  readonly entries: readonly JournalEntry[];
  /** Bytes of an incomplete record, from an append that a crash interrupted. */
  readonly torn: number;
  /** Records that have changed where they are stored. */
  readonly damaged: number;
  /** Whole records whose magic or length has changed. */
  readonly repaired: number;
  /** Files with records of either kind. */
  readonly damagedFiles: readonly string[];
}

/** Files that grow: the trail of past versions. */
export interface GrowingFiles {
  list(): Promise<string[]>;
  /** @throws FtteError `storage` if the file cannot be read */
  read(name: string): Promise<Uint8Array>;
  /** Creates a file with these parts, durable when it resolves. @returns false if there is one of that name */
  create(name: string, parts: readonly Uint8Array[]): Promise<boolean>;
  /** @param sync whether everything in the file is durable when this resolves; otherwise its end may be lost */
  append(name: string, parts: readonly Uint8Array[], sync: boolean): Promise<void>;
  /** Removes a file. A file that does not exist is no error. */
  remove(name: string): Promise<void>;
}

/**
 * The place of everything that one model must not lose: the accepted updates, and the state of its versions. A checkpoint
 * names the last update in it and the ids of all that were accepted, so that applied ids and model are one step; the
 * updates after it are in the log. One coordinator at a time writes. Every method may throw an FtteError `storage`.
 */
export interface UpdateLog {
  /** The folder, or the address of the server without its password, for people. */
  readonly place: string;
  /** Whether it outlives the process. */
  readonly isDurable: boolean;
  /** Whether a checkpoint that failed leaves nothing, not even its first files. */
  readonly isAtomic: boolean;
  /** Checkpoints and rosters. */
  readonly files: FileStore;
  /** Past versions. Undefined: none are kept. */
  readonly trail: GrowingFiles | undefined;
  /** All updates that were not released. Called once, before anything is appended. */
  read(): Promise<LoggedUpdates>;
  /**
   * Appends updates at their positions (`sequence`), all or none; they are durable when it resolves. An update is known by
   * its lineage, gateway and id.
   * @returns those that the log has already, which are not written again
   */
  append(entries: readonly JournalEntry[]): Promise<readonly JournalEntry[]>;
  /** Undoes appends that failed, whose updates may be in the log nevertheless. */
  settle(): Promise<void>;
  /** Runs the writes of one checkpoint to `files` and `trail`. They are durable when it resolves. */
  checkpoint(write: () => Promise<void>): Promise<void>;
  /** Lets go of the updates up to this position, now or later. */
  release(through: number): Promise<void>;
  /** Begins an empty log. @returns where the former content is; undefined if nothing outlives the process */
  reset(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** The key of an update: another one with the same key is a copy. */
export const keyOf = ({ lineage, contribution }: JournalEntry): string =>
  `${lineage} ${contribution.gateway} ${contribution.id}`;
