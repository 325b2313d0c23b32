import { rm } from 'node:fs/promises';
import type { SampleStore } from '../../../gateway/stream';

/** The samples of a kind of node between two deploys: a deploy makes nodes anew, and people deploy often. */
export class RetainedStores {
  private readonly stores = new Map<string, SampleStore>();

  keep(nodeId: string, store: SampleStore): void {
    this.stores.set(nodeId, store);
  }

  /** The store kept for a node; undefined if there is none, or it is not of the capacity that is wanted. */
  take(nodeId: string, capacity?: number): SampleStore | undefined {
    const store = this.stores.get(nodeId);
    this.stores.delete(nodeId);
    return capacity === undefined || store?.capacity === capacity ? store : undefined;
  }

  has(nodeId: string): boolean {
    return this.stores.has(nodeId);
  }

  /** The node was deleted: its samples go with it, in `file` too. */
  async forget(nodeId: string, file?: string): Promise<void> {
    this.stores.delete(nodeId);
    if (file !== undefined) await rm(file, { force: true });
  }
}
