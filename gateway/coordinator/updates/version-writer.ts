import { DiskWrites, type DiskWritesOptions, FtteError } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import type { ModelChange } from '../model/global-model';
import type { VersionReport } from '../reports';
import type { CoordinatorState, TreatedWeight } from '../state/coordinator-state';
import type { ModelStore } from '../storage';

/** A version, and what it was made of. */
export interface NewVersion {
  /** Undefined if gateways must take the whole model: after a rollback or replacement, or if numbers were skipped. */
  readonly change: ModelChange | undefined;
  readonly contributions: readonly Contribution[];
  readonly weights: readonly TreatedWeight[];
  readonly cause: VersionReport['cause'];
}

/** Options of `VersionWriter`, which are also those of its writes. */
export interface VersionWriterOptions extends Omit<DiskWritesOptions, 'retry'> {
  readonly state: CoordinatorState;
  readonly modelStore: ModelStore;
  /** Versions whose checkpoints stay, besides the newest ones. */
  readonly keep: () => readonly number[];
  /** Prepares the newest version for its publication. It does not change meanwhile. */
  readonly beforePublishing: () => Promise<void>;
  /** Publishes a version; it is durable by then. */
  readonly publish: (version: NewVersion) => void;
}

/** Makes the newest version durable and then publishes it. While the disk fails, the version waits. */
export class VersionWriter {
  readonly disk: DiskWrites;
  /** A version that is not durable yet. */
  private waiting: NewVersion | undefined;

  /** @param retry called when the disk is to be tried again */
  constructor(
    private readonly options: VersionWriterOptions,
    retry: () => void,
  ) {
    const { clock, random, onStorage } = options;
    this.disk = new DiskWrites({ clock, random, onStorage, retry });
  }

  /** Whether the newest version is on disk. */
  get saved(): boolean {
    return this.waiting === undefined;
  }

  /** Takes the version that has become the newest, to be saved. */
  take(version: NewVersion): void {
    this.waiting = version;
  }

  /** Takes a version that gateways must take as a whole. */
  takeWhole(cause: VersionReport['cause']): void {
    this.take({ change: undefined, contributions: [], weights: [], cause });
  }

  /** Saves and publishes the waiting version; resolves to whether none is left. */
  async save(): Promise<boolean> {
    const version = this.waiting;
    if (!version) return true;
    if (!(await this.disk.write(() => this.commit()))) return false;
    await this.options.beforePublishing();
    this.waiting = undefined;
    this.options.publish(version);
    return true;
  }

  /** As `save`. @throws FtteError `storage` if a version is left */
  async requireSaved(): Promise<void> {
    if (await this.save()) return;
    throw new FtteError('storage', `version ${this.options.state.version} cannot be written yet`);
  }

  /** Tries a disk that failed, with the newest version if none waits. */
  async tryDisk(): Promise<void> {
    if (this.saved) await this.disk.write(() => this.commit());
  }

  /** Writes a checkpoint of the newest version. @throws FtteError `storage` */
  commit(): Promise<void> {
    const { modelStore, state, keep } = this.options;
    return modelStore.commit(state.checkpoint(), keep());
  }
}
