import { type Identity, type JoinRefusal, signRefusal } from '../../security';
import { envelopeTopic } from '../topics/topics';

/** Options of `RefusalReplies`. */
export interface RefusalRepliesOptions {
  readonly identity: Identity;
  readonly federation: string;
  readonly now: () => number;
  readonly send: (topic: string, bytes: Uint8Array) => void;
}

/** Most refusals in a while: whoever has the broker's password can say hello, and each answer costs a signature. */
const mostReplies = 20;
const whileMs = 10_000;

/** Says to gateways why they are not let in, a bounded number of them in a while (P-33). The others ask again later. */
export class RefusalReplies {
  private sinceMs = Number.NEGATIVE_INFINITY;
  private sent = 0;

  constructor(private readonly options: RefusalRepliesOptions) {}

  /** @param helloDigest SHA-256 of the hello, in hex */
  send(gateway: string, helloDigest: string, reason: JoinRefusal): void {
    const { identity, federation, now, send } = this.options;
    const ms = now();
    if (ms - this.sinceMs >= whileMs || ms < this.sinceMs) {
      this.sinceMs = ms;
      this.sent = 0;
    }
    if (this.sent >= mostReplies) return;
    this.sent++;
    const topic = envelopeTopic(federation, gateway, 'refusal');
    const hello = Uint8Array.from(Buffer.from(helloDigest, 'hex'));
    send(topic, signRefusal(identity, topic, { federation, gateway, hello, reason }));
  }
}
