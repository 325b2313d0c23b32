/** Bytes of an id: 16 hex digits, two per byte. */
export const idBytes = 8;

/**
 * The newest ids of one gateway's accepted updates, 16 hex digits each. Bounded: the oldest are forgotten first. Ten
 * thousand gateways have half a million ids, so they are stored as bytes, not as strings.
 */
export class SeenIds {
  /** Oldest first. */
  private ids = Buffer.alloc(0);
  private count = 0;

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.count;
  }

  /** A view, oldest first, `idBytes` each. */
  get bytes(): Uint8Array {
    return this.ids.subarray(0, this.count * idBytes);
  }

  has(id: string): boolean {
    return this.find(id) >= 0;
  }

  /** Adds an id; a known one keeps its place. */
  add(id: string): void {
    if (this.has(id)) return;
    const at = this.makeRoom();
    this.ids.write(id, at, idBytes, 'hex');
  }

  /** Adds ids that are not known yet, in the form of `bytes`. */
  addBytes(bytes: Uint8Array): void {
    for (let from = 0; from + idBytes <= bytes.length; from += idBytes) {
      const at = this.makeRoom();
      this.ids.set(bytes.subarray(from, from + idBytes), at);
    }
  }

  delete(id: string): void {
    const at = this.find(id);
    if (at < 0) return;
    this.ids.copyWithin(at, at + idBytes, this.count * idBytes);
    this.count--;
  }

  /** Makes room for one more id. @returns its offset */
  private makeRoom(): number {
    if (this.count === this.limit) {
      this.ids.copyWithin(0, idBytes);
      this.count--;
    }
    const at = this.count++ * idBytes;
    if (at === this.ids.length) {
      const larger = Buffer.alloc(idBytes * Math.min(this.limit, Math.max(4, 2 * this.count)));
      larger.set(this.ids);
      this.ids = larger;
    }
    return at;
  }

  /** The offset of an id; -1 if it is not there. */
  private find(id: string): number {
    const high = Number.parseInt(id.slice(0, 8), 16);
    const low = Number.parseInt(id.slice(8), 16);
    const end = this.count * idBytes;
    for (let at = 0; at < end; at += idBytes) {
      if (this.ids.readUInt32BE(at) === high && this.ids.readUInt32BE(at + 4) === low) return at;
    }
    return -1;
  }
}
