import type { Outgoing } from '../shared/send-queue';

/** The end of an open connection. */
export interface Loss {
  /** Messages that the broker had not confirmed, oldest first. */
  readonly inFlight: readonly Outgoing[];
  readonly lastedMs: number;
  /** The reason code of the broker's DISCONNECT (MQTT 5); undefined if it sent none. */
  readonly reasonCode: number | undefined;
  /** False if this side ended the connection because it received nothing. */
  readonly byBroker: boolean;
}

/** A fact about the broker that the losses in a row show. */
export type Finding =
  /** It may end the connection at larger messages: those that wait must be cut. */
  | { readonly kind: 'too-large'; readonly limitBytes: number }
  /** Parts are accepted, so the size was the reason. */
  | { readonly kind: 'parts-pass'; readonly refusedBytes: number; readonly topic: string }
  /** The largest size of parts is found. */
  | { readonly kind: 'limit'; readonly limitBytes: number }
  /** It ends the connection at retained messages, and accepts them if they are not retained. */
  | { readonly kind: 'no-retain' }
  /** It ends the connection at each message on this topic; `large`: no message of this size was ever accepted. */
  | { readonly kind: 'refused'; readonly message: Outgoing; readonly large: boolean }
  /** Another client uses the client id: the broker said so (`certain`), or it is suspected. */
  | { readonly kind: 'duplicate-id'; readonly certain: boolean };

/** The smallest limit that is tried, in bytes. */
export const smallestLimitBytes = 1024;
/** Reason codes of a DISCONNECT (MQTT 5.0, 3.14.2.1). */
const sessionTakenOver = 142;
const packetTooLarge = 149;
const retainNotSupported = 154;
/** A connection that ends sooner is a short one. */
const shortMs = 60_000;
/** Short connections in a row from which another user of the client id is suspected. */
const suspiciousLosses = 3;
/** Most topics that are remembered because the broker ends the connection at them. */
const mostTopics = 1000;

/**
 * Finds out what a broker refuses that ends the connection without a reason. After a loss with messages in flight the
 * next connection sends one message at a time, so that the second loss names the message. It is too large, retained, or
 * on a topic on which this user may not publish. The diagnosis tries these causes in turn: it sends the message without
 * `retain`, then in small parts, whose size doubles until the broker ends the connection again. If nothing helps, the
 * message is refused. Losses with no message in flight, or with different small messages each time, point to another
 * client with the same id.
 */
export class LossDiagnosis {
  /** Messages that were in flight when the last connection ended, and were not confirmed since. */
  private readonly suspects = new Set<string>();
  /** Topic of the message whose size is on trial. */
  private sizeTrial: string | undefined;
  /** Parts were accepted where the whole message was not. */
  private partsPass = false;
  /** Topic of the message that is tried without `retain`. */
  private retainTrial: string | undefined;
  private retainProven = false;
  private retaining = true;
  private largestBytes = 0;
  /** The smallest message that was too large. */
  private refused: { readonly bytes: number; readonly topic: string } | undefined;
  private limit = Number.POSITIVE_INFINITY;
  private shortLosses = 0;
  private readonly refusedTopics = new Set<string>();

  /** Largest payload that the broker accepts, as far as losses have shown, in bytes. */
  get limitBytes(): number {
    return this.limit;
  }

  /** Whether a message is larger than all that passed, and large enough for its size to be the reason of a loss. */
  isNewSize({ payload }: Outgoing): boolean {
    return payload.length > Math.max(this.largestBytes, smallestLimitBytes);
  }

  /** Whether messages may be retained. */
  get retains(): boolean {
    return this.retaining;
  }

  /** Whether messages must be sent one at a time. */
  get careful(): boolean {
    return this.suspects.size > 0 || this.sizeTrial !== undefined;
  }

  /** Whether a cause is on trial: the next connection shows more. */
  get trying(): boolean {
    return this.sizeTrial !== undefined || this.retainTrial !== undefined;
  }

  /** The broker reported that it retains no messages. */
  retainsNothing(): void {
    this.retaining = false;
  }

  /** The broker has confirmed a message. */
  confirmed(message: Outgoing): Finding | undefined {
    this.suspects.delete(nameOf(message));
    this.refusedTopics.delete(message.topic);
    this.largestBytes = Math.max(this.largestBytes, message.payload.length);
    if (message.retain && this.retaining) this.retainProven = true;
    if (this.retainTrial === message.topic) {
      this.retainTrial = undefined;
      return { kind: 'no-retain' };
    }
    return this.grow(message);
  }

  /** A connection has ended. */
  ended({ inFlight, lastedMs, reasonCode, byBroker }: Loss): Finding | undefined {
    if (reasonCode === sessionTakenOver) return { kind: 'duplicate-id', certain: true };
    if (reasonCode === retainNotSupported) this.retaining = false;
    // A connection that this side ended shows nothing about a message.
    if (!byBroker) return undefined;
    const culprit = this.culpritOf(inFlight, reasonCode);
    this.suspects.clear();
    if (culprit) {
      this.shortLosses = 0;
      return this.convict(culprit, reasonCode === packetTooLarge);
    }
    for (const message of inFlight) this.suspects.add(nameOf(message));
    return this.suspectDuplicateId(lastedMs, inFlight);
  }

  /** A connection could not be made: a broker that is away has ended the last one, and no other client. */
  unreachable(): void {
    this.shortLosses = 0;
  }

  private culpritOf(inFlight: readonly Outgoing[], reasonCode: number | undefined): Outgoing | undefined {
    if (reasonCode === packetTooLarge) return largestOf(inFlight);
    const known = inFlight.find(({ topic }) => this.refusedTopics.has(topic));
    if (known) return known;
    const [only] = inFlight;
    if (!only || inFlight.length > 1) return undefined;
    // While sizes are tried, a message that is larger than all that passed is the reason, whatever its topic.
    const isTooLarge = this.sizeTrial !== undefined && !only.retain && this.isNewSize(only);
    const onTrial = only.topic === this.sizeTrial || only.topic === this.retainTrial || isTooLarge;
    return onTrial || this.suspects.has(nameOf(only)) ? only : undefined;
  }

  private convict(message: Outgoing, tooLarge: boolean): Finding | undefined {
    const { retain, topic, payload } = message;
    if (this.refusedTopics.has(topic)) return this.refuse(message);
    if (retain && this.retaining && !this.retainProven && !tooLarge) {
      this.retaining = false;
      this.retainTrial = topic;
      return undefined;
    }
    if (this.retainTrial === topic) {
      this.retainTrial = undefined;
      this.retaining = true;
    }
    const accepted = Math.max(this.largestBytes, smallestLimitBytes);
    // A retained message cannot be cut.
    if (retain || payload.length <= accepted) return this.refuse(message);
    this.sizeTrial = topic;
    if (payload.length < this.refusedBytes) this.refused = { bytes: payload.length, topic };
    this.limit = accepted;
    return { kind: 'too-large', limitBytes: accepted };
  }

  private refuse(message: Outgoing): Finding {
    const { topic } = message;
    if (this.sizeTrial === topic) {
      // Small parts are not accepted either, so the size was not the reason.
      this.sizeTrial = undefined;
      this.limit = Number.POSITIVE_INFINITY;
      this.refused = undefined;
    }
    if (this.refusedTopics.size >= mostTopics) this.refusedTopics.clear();
    this.refusedTopics.add(topic);
    return { kind: 'refused', message, large: message.payload.length > this.largestBytes };
  }

  private get refusedBytes(): number {
    return this.refused?.bytes ?? Number.POSITIVE_INFINITY;
  }

  /** If a part of about the limit was accepted, the next parts may be twice as large, up to half of what was refused. */
  private grow({ payload }: Outgoing): Finding | undefined {
    if (this.sizeTrial === undefined || payload.length <= this.limit / 2) return undefined;
    if (!this.partsPass && this.refused) {
      this.partsPass = true;
      const { bytes, topic } = this.refused;
      return { kind: 'parts-pass', refusedBytes: bytes, topic };
    }
    if (2 * this.limit < this.refusedBytes) {
      this.limit *= 2;
      return undefined;
    }
    this.sizeTrial = undefined;
    return { kind: 'limit', limitBytes: this.limit };
  }

  /** Another client with the id ends connections whatever is in flight; at a message of a new size, the size may be the reason. */
  private suspectDuplicateId(lastedMs: number, inFlight: readonly Outgoing[]): Finding | undefined {
    if (inFlight.some((message) => this.isNewSize(message))) return undefined;
    this.shortLosses = lastedMs < shortMs ? this.shortLosses + 1 : 0;
    return this.shortLosses === suspiciousLosses ? { kind: 'duplicate-id', certain: false } : undefined;
  }
}

/** A message that is sent again, or a newer one that replaced it, is the same suspect. */
const nameOf = ({ topic, payload }: Outgoing) => `${payload.length} ${topic}`;

const largestOf = (messages: readonly Outgoing[]): Outgoing | undefined =>
  messages.reduce<Outgoing | undefined>(
    (largest, message) => (message.payload.length > (largest?.payload.length ?? 0) ? message : largest),
    undefined,
  );
