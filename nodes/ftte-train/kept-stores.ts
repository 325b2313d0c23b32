import { rm } from 'node:fs/promises';
import type { SampleStore } from '../../gateway/stream';

/** The samples of train nodes between two deploys: a deploy makes every node anew, and people deploy often. */
class KeptStores {
  private readonly stores = new Map<string, SampleStore>();

  keep(nodeId: string, store: SampleStore): void {
    this.stores.set(nodeId, store);
  }

  /** The store kept for a node; undefined if there is none, or its capacity was edited. */
  take(nodeId: string, capacity: number): SampleStore | undefined {
    const store = this.stores.get(nodeId);
    this.stores.delete(nodeId);
    return store?.capacity === capacity ? store : undefined;
  }

  has(nodeId: string): boolean {
    return this.stores.has(nodeId);
  }

  /** The node was deleted: its samples go with it, on disk too. */
  async forget(nodeId: string, file: string): Promise<void> {
    this.stores.delete(nodeId);
    await rm(file, { force: true });
  }
}

export const keptStores = new KeptStores();
