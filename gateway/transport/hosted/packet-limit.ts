import { Transform, type TransformCallback } from 'node:stream';

/**
 * Passes MQTT packets of at most `maxBytes` and ends the stream at the first larger one, as soon as its header is
 * complete. It stands before the parser of the broker, because the parser holds a packet in memory until it is whole,
 * and the first packet comes from a client that has not sent a password yet.
 */
export class PacketLimit extends Transform {
  /** Bytes of the current packet's body that have not come yet. */
  private body = 0;
  /** Bytes of the current header that have come; 0 before its first byte. */
  private header = 0;
  private length = 0;

  constructor(private readonly maxBytes: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.body > 0) {
        const step = Math.min(this.body, chunk.length - at);
        this.body -= step;
        at += step;
        continue;
      }
      const byte = chunk[at++]!;
      if (this.header === 0) {
        this.header = 1;
        this.length = 0;
        continue;
      }
      // Remaining length: seven bits in each byte, the lowest first, at most four bytes (MQTT 3.1.1, 2.2.3).
      this.length += (byte & 0x7f) * 128 ** (this.header - 1);
      const more = byte >= 0x80;
      if (this.length > this.maxBytes || (more && this.header === 4)) {
        done(new Error(`a packet is larger than ${this.maxBytes} bytes`));
        return;
      }
      this.header = more ? this.header + 1 : 0;
      if (!more) this.body = this.length;
    }
    done(null, chunk);
  }
}
