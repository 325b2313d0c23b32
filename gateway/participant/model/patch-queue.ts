import type { Patch } from '../../wire';

/** Patches that are kept while one before them is missing. With more, a snapshot is the shorter way. */
const most = 16;

/** Patches of one lineage that arrived too early, by version. */
export class PatchQueue {
  private readonly patches = new Map<number, Patch>();

  /** The highest version that was queued since the last `clear`; -1 if none was. */
  newest = -1;

  add(patch: Patch): void {
    this.patches.set(patch.version, patch);
    this.newest = Math.max(this.newest, patch.version);
    // The oldest is dropped, because a snapshot will be newer.
    if (this.patches.size > most) this.patches.delete(Math.min(...this.patches.keys()));
  }

  has(version: number): boolean {
    return this.patches.has(version);
  }

  /** Removes and returns the patch that makes `version`, and drops earlier ones. */
  take(version: number): Patch | undefined {
    for (const queued of this.patches.keys()) if (queued < version) this.patches.delete(queued);
    const patch = this.patches.get(version);
    this.patches.delete(version);
    return patch;
  }

  clear(): void {
    this.patches.clear();
    this.newest = -1;
  }
}
