/**
 * Follows the packets of MQTT in a stream of bytes, so that a packet that is too large is seen when its header is complete:
 * the parser of the broker holds a packet in memory until it is whole, and the first one comes from a client that has not
 * sent a password yet.
 */
export class PacketMeter {
  /** Bytes of the packet that is not complete. */
  partialBytes = 0;
  /** Bytes of the current packet's body that have not come yet. */
  private body = 0;
  /** Bytes of the current header that have come; 0 before its first byte. */
  private header = 0;
  private length = 0;

  /** @param maxBytes a packet may have after its fixed header */
  constructor(public maxBytes: number) {}

  /**
   * Reads on to the end of the bytes, or to the end of the next packet.
   * @returns the place where it ended, and whether a packet is complete there; undefined if a packet is too large
   */
  next(chunk: Uint8Array, from: number): { readonly at: number; readonly isComplete: boolean } | undefined {
    for (let at = from; at < chunk.length; ) {
      if (this.body > 0) {
        const step = Math.min(this.body, chunk.length - at);
        this.body -= step;
        this.partialBytes += step;
        at += step;
        if (this.body === 0) return this.completeAt(at);
        continue;
      }
      const byte = chunk[at++]!;
      this.partialBytes++;
      if (this.header === 0) {
        this.header = 1;
        this.length = 0;
        continue;
      }
      // Remaining length: seven bits in each byte, the lowest first, at most four bytes (MQTT 3.1.1, 2.2.3).
      this.length += (byte & 0x7f) * 128 ** (this.header - 1);
      const more = byte >= 0x80;
      if (this.length > this.maxBytes || (more && this.header === 4)) return undefined;
      this.header = more ? this.header + 1 : 0;
      if (more) continue;
      this.body = this.length;
      if (this.body === 0) return this.completeAt(at);
    }
    return { at: chunk.length, isComplete: false };
  }

  private completeAt(at: number) {
    this.partialBytes = 0;
    return { at, isComplete: true };
  }
}
