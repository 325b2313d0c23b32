import type { RoleMessageType } from '../wire';

/** Messages of one topic that are remembered: those that may still be on their way back. */
const mostRemembered = 64;

/**
 * The retained messages that a session has sent. A session that receives them back knows whether the broker still has
 * them: a topic with other bytes was overwritten by another client, and empty bytes mean that it was cleared.
 */
export class RetainedMessages {
  /** By topic: the type, and the bytes that were sent, the newest last. */
  private readonly sent = new Map<string, { readonly type: RoleMessageType; bytes: Uint8Array[] }>();

  /** Notes a message that is being sent. */
  add(type: RoleMessageType, topic: string, bytes: Uint8Array): void {
    const known = this.sent.get(topic) ?? { type, bytes: [] };
    known.bytes = [...known.bytes.slice(1 - mostRemembered), bytes];
    this.sent.set(topic, known);
  }

  /** The type of a message of this session that the bytes have taken the place of; undefined: they are its own. */
  replacedBy(topic: string, bytes: Uint8Array): RoleMessageType | undefined {
    const known = this.sent.get(topic);
    if (!known) return undefined;
    const at = known.bytes.findIndex((own) => isSame(own, bytes));
    if (at < 0) return known.type;
    // Those before it have arrived, or were replaced on their way. The last ones may arrive once more.
    known.bytes = known.bytes.slice(Math.max(0, at - 1));
    return undefined;
  }
}

const isSame = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
