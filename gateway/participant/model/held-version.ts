import { FtteError, type Resumable, runAsync, runSync, type YieldToEventLoop } from '../../platform';
import { type Patch, readTensor, type Snapshot } from '../../wire';
import { beyondModel } from './beyond-model';
import type { HeldModel, ModelMemory } from './model-memory';
import { PatchQueue } from './patch-queue';

/** Options of making a version. */
export interface VersionMaking {
  /** The number of parameters of the model. */
  readonly size: number;
  /** `aggregation.averageVersions` of the task at this time. */
  readonly averageVersions: () => number;
  /** Called when the version is held. */
  readonly onMade: (made: MadeVersion) => void;
  readonly onFailure: (error: unknown) => void;
}

/** The outcome of making a version. */
export interface MadeVersion {
  /** Undefined: the version has not changed. */
  readonly cause: 'patch' | 'snapshot' | undefined;
  /** The error of a patch that does not fit the model. */
  readonly problem: FtteError | undefined;
}

interface NewVersion extends MadeVersion {
  readonly model: HeldModel | undefined;
  readonly number: number;
}

/**
 * The one version of a lineage that a gateway holds. A snapshot sets it, and patches advance it in their order; a patch
 * that came too early waits. Until the next version is complete, the present one stays, and messages that come
 * meanwhile wait.
 */
export class HeldVersion {
  /** -1 while no version is held. */
  number = -1;
  model: HeldModel | undefined;
  private readonly early = new PatchQueue();
  /** The newest snapshot that has not been used yet. */
  private snapshot: Snapshot | undefined;
  /** The next version, while it is being made. */
  private making: Resumable<NewVersion | undefined> | undefined;

  /** @param turn yields to the event loop between two steps; without it, a version is made at once */
  constructor(
    private readonly memory: ModelMemory,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** The newest version of which a patch has arrived; -1 if none has. */
  get newestPatch(): number {
    return this.early.newest;
  }

  /** Whether the next version is being made. */
  get busy(): boolean {
    return this.making !== undefined;
  }

  /** Whether a message waits from which a next version can be made. */
  get due(): boolean {
    return this.snapshot !== undefined || (this.model !== undefined && this.early.has(this.number + 1));
  }

  forget(): void {
    this.drop();
    this.number = -1;
    this.model = undefined;
    this.early.clear();
  }

  /** Drops the version that is being made, and a waiting snapshot. */
  drop(): void {
    const { making } = this;
    this.making = undefined;
    this.snapshot = undefined;
    making?.return(undefined);
  }

  /** Queues a snapshot. It replaces the held version if it is still newer when its turn comes. */
  offer(snapshot: Snapshot): void {
    if (!this.snapshot || snapshot.version > this.snapshot.version) this.snapshot = snapshot;
  }

  queue(patch: Patch): void {
    this.early.add(patch);
  }

  /** Makes the next version from the waiting messages: at once, or in several turns. Call it only while not `busy`. */
  make({ size, averageVersions, onMade, onFailure }: VersionMaking): void {
    const making = this.steps(size, averageVersions);
    this.making = making;
    const hold = (made: NewVersion | undefined) => {
      // Otherwise it was dropped.
      if (!made || this.making !== making) return;
      this.making = undefined;
      this.model = made.model;
      this.number = made.number;
      onMade(made);
    };
    const giveUp = (error: unknown) => {
      if (this.making === making) this.making = undefined;
      onFailure(error);
    };
    if (this.turn) {
      runAsync(making, this.turn).then(hold).catch(giveUp);
      return;
    }
    try {
      hold(runSync(making));
    } catch (error) {
      giveUp(error);
    }
  }

  /** Applies the snapshot, if one waits, and the patches after it in order, up to one that does not fit the model. */
  private *steps(size: number, averageVersions: () => number): Resumable<NewVersion | undefined> {
    // Decoding the message has already used this turn.
    yield;
    let { model, number } = this;
    let cause: MadeVersion['cause'];
    let problem: FtteError | undefined;
    const { snapshot } = this;
    this.snapshot = undefined;
    if (snapshot && snapshot.version > number) {
      model = yield* this.memory.fromSnapshot(snapshot);
      number = snapshot.version;
      cause = 'snapshot';
    }
    for (let patch = this.early.take(number + 1); model && patch; patch = this.early.take(number + 1)) {
      problem = beyondModel(`patch ${patch.version}`, patch.segments, size) ?? (yield* unreadable(patch));
      if (problem) break;
      model = yield* this.memory.next(model, patch, averageVersions());
      number = patch.version;
      cause ??= 'patch';
    }
    return { model, number, cause, problem };
  }
}

/** The error of a patch whose values are damaged. Undefined if they are not. */
function* unreadable({ delta }: Patch): Resumable<FtteError | undefined> {
  try {
    yield* readTensor(delta);
    return undefined;
  } catch (error) {
    if (error instanceof FtteError) return error;
    throw error;
  }
}
