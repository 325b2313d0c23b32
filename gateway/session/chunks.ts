import type { Clock, Timer } from '../platform';
import type { Chunk, Envelope } from '../wire';

export interface ChunkLimits {
  /** Most bytes of one message, and of all messages that are incomplete. */
  readonly maxMessageBytes: number;
  readonly maxBytes: number;
  readonly maxParts: number;
  /** Messages of one sender that may be incomplete at the same time. */
  readonly maxPerSender: number;
  /**
   * Messages of all senders that may be incomplete at the same time. The limit is needed because a flooder can invent
   * names.
   */
  readonly maxOpen: number;
  /** The parts of a message are dropped if no new part came for this time. */
  readonly maxAgeMs: number;
}

interface Assembly {
  readonly sender: string;
  readonly parts: (Uint8Array | undefined)[];
  missing: number;
  bytes: number;
  touched: number;
}

/** Splits a message into the bytes of its chunks, each of at most `partBytes` bytes. */
export function splitBytes(message: Uint8Array, partBytes: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += partBytes) parts.push(message.subarray(at, at + partBytes));
  return parts;
}

/** Puts messages together from their chunks, in any order and with repetitions. Its memory is bounded. */
export class Reassembly {
  private readonly open = new Map<string, Assembly>();
  private bytes = 0;
  private timer: Timer | undefined;

  /** @param lost called with the reason, for a person, when an incomplete message is dropped */
  constructor(
    private readonly limits: ChunkLimits,
    private readonly clock: Clock,
    private readonly lost: (detail: string, sender: string) => void,
  ) {}

  /** Bytes of the incomplete messages. */
  get heldBytes(): number {
    return this.bytes;
  }

  /**
   * Takes one part. Returns the message if this was the last missing part.
   * @throws Error that says what is wrong with the part, for a person
   */
  take(chunk: Envelope & Chunk, topic: string): Uint8Array | undefined {
    const { limits } = this;
    if (chunk.count > limits.maxParts)
      throw new Error(`count is ${chunk.count}, expected at most ${limits.maxParts} parts`);
    if (chunk.index >= chunk.count)
      throw new Error(`index is ${chunk.index}, expected less than the count ${chunk.count}`);
    if (chunk.bytes.length === 0) throw new Error('bytes is empty, expected at least one byte');
    const key = `${chunk.sender} ${topic} ${chunk.id}`;
    const assembly = this.open.get(key) ?? this.begin(key, chunk);
    if (assembly.parts.length !== chunk.count)
      throw new Error(`count is ${chunk.count}, expected ${assembly.parts.length} as in an earlier part`);
    if (assembly.parts[chunk.index]) return undefined;
    if (assembly.bytes + chunk.bytes.length > limits.maxMessageBytes) {
      this.forget(key);
      throw new Error(`the parts together are larger than ${limits.maxMessageBytes} bytes`);
    }
    assembly.parts[chunk.index] = chunk.bytes;
    assembly.bytes += chunk.bytes.length;
    assembly.missing--;
    assembly.touched = this.clock.now();
    this.bytes += chunk.bytes.length;
    if (assembly.missing === 0) {
      this.forget(key);
      return join(assembly);
    }
    this.makeRoom();
    this.watch();
    return undefined;
  }

  /** Drops everything and stops the timer. */
  clear(): void {
    this.open.clear();
    this.bytes = 0;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private begin(key: string, chunk: Envelope & Chunk): Assembly {
    const own = [...this.open].filter(([, other]) => other.sender === chunk.sender);
    if (own.length >= this.limits.maxPerSender) this.giveUp(own[0]![0], 'the sender began newer messages');
    const [oldest] = this.open.keys();
    if (oldest !== undefined && this.open.size >= this.limits.maxOpen)
      this.giveUp(oldest, 'too many messages are incomplete');
    const parts = new Array<Uint8Array | undefined>(chunk.count).fill(undefined);
    const assembly = {
      sender: chunk.sender,
      parts,
      missing: chunk.count,
      bytes: 0,
      touched: this.clock.now(),
    };
    this.open.set(key, assembly);
    return assembly;
  }

  /** Drops the largest message, so that a sender that floods does not displace the others. */
  private makeRoom(): void {
    while (this.bytes > this.limits.maxBytes) {
      const largest = [...this.open].reduce((a, b) => (b[1].bytes > a[1].bytes ? b : a));
      this.giveUp(largest[0], 'the incomplete messages are too large');
    }
  }

  private watch(): void {
    if (this.timer || this.open.size === 0) return;
    this.timer = this.clock.after(this.limits.maxAgeMs, () => {
      this.timer = undefined;
      const old = this.clock.now() - this.limits.maxAgeMs;
      for (const [key, assembly] of [...this.open])
        if (assembly.touched <= old) this.giveUp(key, 'no new part came');
      this.watch();
    });
  }

  private giveUp(key: string, why: string): void {
    const assembly = this.open.get(key);
    if (!assembly) return;
    this.forget(key);
    const { parts, missing, sender } = assembly;
    this.lost(
      `${parts.length - missing} of ${parts.length} parts of a message were dropped because ${why}`,
      sender,
    );
  }

  private forget(key: string): void {
    const assembly = this.open.get(key);
    if (assembly && this.open.delete(key)) this.bytes -= assembly.bytes;
  }
}

function join({ parts, bytes }: Assembly): Uint8Array {
  const message = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    if (!part) continue;
    message.set(part, at);
    at += part.length;
  }
  return message;
}
