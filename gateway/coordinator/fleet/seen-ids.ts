/** Bytes that an id takes: 16 hex digits, two to a byte. */
export const idBytes = 8;

/**
 * The newest ids of one gateway's accepted updates, 16 hex digits each: a bounded memory, the oldest goes first. With
 * ten thousand gateways there are half a million ids, so they are kept as bytes, not as strings.
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

  /** An id that is known keeps its place. */
  add(id: string): void {
    if (this.has(id)) return;
    const at = this.makeRoom();
    this.ids.write(id, at, idBytes, 'hex');
  }

  /** Adds ids that are none of those known, as `bytes` has them. */
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

  /** Counts one more. @returns where it belongs */
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

  /** Where it stands; -1 where it does not. */
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
