import type { FtteError } from '../platform';
import type { Patch, Snapshot } from '../wire';
import { beyondModel } from './beyond-model';
import type { HeldModel, ModelMemory } from './model-memory';
import { PatchQueue } from './patch-queue';

/**
 * The one version that a gateway holds of a lineage. A snapshot sets it, patches move it on in their order; those that
 * came before their turn wait.
 */
export class HeldVersion {
  /** -1 while nothing is held. */
  number = -1;
  /** Changes in place with each version. */
  model: HeldModel | undefined;
  private readonly early = new PatchQueue();

  constructor(private readonly memory: ModelMemory) {}

  /** The newest version that a patch has told of; -1 if none has. */
  get newestTold(): number {
    return this.early.newest;
  }

  forget(): void {
    this.number = -1;
    this.model = undefined;
    this.early.clear();
  }

  /** Holds the snapshot's version; `advance` then applies the patches that waited for it. */
  take(snapshot: Snapshot): void {
    this.hold(this.memory.fromSnapshot(snapshot), snapshot.version);
  }

  queue(patch: Patch): void {
    this.early.add(patch);
  }

  /**
   * Applies the patches that follow what is held, in order, up to one that does not fit a model of `size` parameters.
   * @returns whether there were any
   */
  advance(size: number, averageVersions: number, onUnusable: (problem: FtteError) => void): boolean {
    if (!this.model) return false;
    let held = this.model;
    const before = this.number;
    for (let patch = this.early.take(before + 1); patch; patch = this.early.take(this.number + 1)) {
      const problem = beyondModel(`patch ${patch.version}`, patch.segments, size);
      if (problem) {
        onUnusable(problem);
        break;
      }
      held = this.memory.next(held, patch, averageVersions);
      this.hold(held, patch.version);
    }
    return this.number > before;
  }

  private hold(model: HeldModel, version: number): void {
    this.model = model;
    this.number = version;
  }
}
