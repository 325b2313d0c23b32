import { type FtteError, type Resumable, runAsync, runSync, type YieldToEventLoop } from '../../platform';
import type { Patch, Snapshot } from '../../wire';
import { beyondModel } from './beyond-model';
import type { HeldModel, ModelMemory } from './model-memory';
import { PatchQueue } from './patch-queue';

/** What a version is made by. */
export interface VersionMaking {
  /** Parameters of the model. */
  readonly size: number;
  /** `aggregation.averageVersions` of the task, at the moment. */
  readonly averageVersions: () => number;
  /** The version is held. */
  readonly onMade: (made: MadeVersion) => void;
  readonly onFailure: (error: unknown) => void;
}

/** How a making of a version ended. */
export interface MadeVersion {
  /** Undefined: there is no other version than before. */
  readonly cause: 'patch' | 'snapshot' | undefined;
  /** The patch that does not fit the model. */
  readonly problem: FtteError | undefined;
}

interface NewVersion extends MadeVersion {
  readonly model: HeldModel | undefined;
  readonly number: number;
}

/**
 * The one version that a gateway holds of a lineage. A snapshot sets it, patches move it on in their order; those that
 * came before their turn wait. Until the next version is made whole, this one is held and the next unseen; what comes
 * meanwhile waits.
 */
export class HeldVersion {
  /** -1 while nothing is held. */
  number = -1;
  model: HeldModel | undefined;
  private readonly early = new PatchQueue();
  /** The newest that is not held yet. */
  private snapshot: Snapshot | undefined;
  /** The next version, half made. */
  private making: Resumable<NewVersion | undefined> | undefined;

  /** @param turn lets the event loop go on between two steps; without it, a version is made at once */
  constructor(
    private readonly memory: ModelMemory,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** The newest version that a patch has told of; -1 if none has. */
  get newestTold(): number {
    return this.early.newest;
  }

  /** The next version is being made. */
  get busy(): boolean {
    return this.making !== undefined;
  }

  /** There is something to make a next version of. */
  get due(): boolean {
    return this.snapshot !== undefined || (this.model !== undefined && this.early.has(this.number + 1));
  }

  forget(): void {
    this.drop();
    this.number = -1;
    this.model = undefined;
    this.early.clear();
  }

  /** Makes nothing of what is half made, nor of a snapshot that waits. */
  drop(): void {
    const { making } = this;
    this.making = undefined;
    this.snapshot = undefined;
    making?.return(undefined);
  }

  /** To be held in place of what is, if it still is the newer one when its turn comes. */
  offer(snapshot: Snapshot): void {
    if (!this.snapshot || snapshot.version > this.snapshot.version) this.snapshot = snapshot;
  }

  queue(patch: Patch): void {
    this.early.add(patch);
  }

  /** Makes the next version of what has come: at once, or in turns. Only while not `busy`. */
  make({ size, averageVersions, onMade, onFailure }: VersionMaking): void {
    const making = this.steps(size, averageVersions);
    this.making = making;
    const hold = (made: NewVersion | undefined) => {
      // Else it was dropped.
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

  /** The snapshot, if one waits, and the patches that follow, in order, up to one that does not fit the model. */
  private *steps(size: number, averageVersions: () => number): Resumable<NewVersion | undefined> {
    // Decoding what came has taken this turn.
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
      problem = beyondModel(`patch ${patch.version}`, patch.segments, size);
      if (problem) break;
      model = yield* this.memory.next(model, patch, averageVersions());
      number = patch.version;
      cause ??= 'patch';
    }
    return { model, number, cause, problem };
  }
}
