/** Histories of roles, by node id, from one deploy to the next: a deploy replaces the nodes. */
export class Records<Kept> {
  private readonly records = new Map<string, Kept>();

  constructor(private readonly create: () => Kept) {}

  /** The record of a node, a new one if it has none. */
  of(nodeId: string): Kept {
    const known = this.records.get(nodeId);
    if (known !== undefined) return known;
    const record = this.create();
    this.records.set(nodeId, record);
    return record;
  }

  /** Drops the record of a node that is deleted. */
  forget(nodeId: string): void {
    this.records.delete(nodeId);
  }
}
