import { type Identity, signPresence } from '../../security';

/** Presences of one connection, its will included. */
const perConnection = 2 ** 20;

/**
 * Signs the presences of a gateway (P-31), each with a higher number than those before. The will of a connection is above all
 * that is said over it, and below all that is said over the next: so one that was recorded has no effect later.
 */
export class OwnPresence {
  private connection = 0;
  private said = 0;

  constructor(
    private readonly identity: Identity,
    private readonly run: number,
  ) {}

  /** Number of the newest presence. */
  get number(): number {
    return this.connection * perConnection + this.said;
  }

  /** The will of the connection that begins now. */
  will(topic: string, content: Uint8Array): Uint8Array {
    this.connection++;
    this.said = 0;
    return this.signed(topic, content, (this.connection + 1) * perConnection - 1);
  }

  sign(topic: string, content: Uint8Array): Uint8Array {
    if (this.said < perConnection - 2) this.said++;
    return this.signed(topic, content, this.number);
  }

  private signed(topic: string, content: Uint8Array, number: number): Uint8Array {
    return signPresence(this.identity, topic, { run: this.run, number, content });
  }
}
