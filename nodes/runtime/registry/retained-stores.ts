import { eraseFile } from '../../../gateway/platform';
import type { SampleStore } from '../../../gateway/stream';

/** The samples of a kind of node from one deploy to the next, because a deploy replaces the nodes. */
export class RetainedStores {
  private readonly stores = new Map<string, SampleStore>();

  retain(nodeId: string, store: SampleStore): void {
    this.stores.set(nodeId, store);
  }

  /**
   * Takes a node's store out.
   * @param capacity of the store that the node needs; a store of another capacity is dropped
   */
  take(nodeId: string, capacity?: number): SampleStore | undefined {
    const store = this.stores.get(nodeId);
    this.stores.delete(nodeId);
    return capacity === undefined || store?.capacity === capacity ? store : undefined;
  }

  has(nodeId: string): boolean {
    return this.stores.has(nodeId);
  }

  /** Drops the samples of a deleted node, and the file that they are in. */
  async forget(nodeId: string, file?: string): Promise<void> {
    this.stores.delete(nodeId);
    if (file !== undefined) await eraseFile(file, true);
  }
}
