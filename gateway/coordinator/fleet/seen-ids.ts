/** The newest ids of one gateway's accepted updates: a bounded memory, the oldest goes first. */
export class SeenIds {
  private readonly ids: Set<string>;

  constructor(
    private readonly limit: number,
    ids: Iterable<string> = [],
  ) {
    this.ids = new Set();
    for (const id of ids) this.add(id);
  }

  get size(): number {
    return this.ids.size;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  add(id: string): void {
    this.ids.add(id);
    // A Set keeps the order of insertion: its first is the oldest.
    for (const oldest of this.ids) {
      if (this.ids.size <= this.limit) break;
      this.ids.delete(oldest);
    }
  }

  delete(id: string): void {
    this.ids.delete(id);
  }

  /** Oldest first. */
  toArray(): string[] {
    return [...this.ids];
  }
}
