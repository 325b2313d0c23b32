import type { Identity, RefusalReason } from '../security';
import type { BodyOf, DropReason, Message, RoleMessageType, UpdateOnItsWay } from '../wire';

declare const exported: unique symbol;

/**
 * A message in plain that may leave by another way than the broker, such as a wire of the flow. Only a session of an open
 * federation makes one of its bytes: with invitations, what leaves is signed or sealed, and nothing else leaves.
 */
export type ExportedBytes = Uint8Array & { readonly [exported]: true };

/** A message that was dropped on arrival. */
export interface Drop {
  readonly reason: DropReason;
  /** For a person: the field, what came, and what was expected. */
  readonly detail: string;
  /** Undefined for bytes that came through `receive`. */
  readonly topic: string | undefined;
  /** Sender, type and update id, as far as they could be read. They help to identify the sender. */
  readonly sender?: string;
  readonly type?: string;
  readonly id?: string;
  /** With `security`: why the protection has refused it. */
  readonly refusal?: RefusalReason;
}

/** A message in its encoded form, which says all of it. */
export interface EncodedMessage extends UpdateOnItsWay {
  readonly type: RoleMessageType;
  /** The id of an update. */
  readonly id?: string;
  readonly bytes: Uint8Array;
}

/** A retained message of this session whose topic holds other bytes. */
export interface Replaced {
  readonly type: RoleMessageType;
  /** The topic was cleared. */
  readonly wiped: boolean;
  /** A check of access rights published there. It is not retained, but that cannot be seen. */
  readonly probed: boolean;
  /** The message in its place; undefined if there is none, or the bytes are not a valid message. */
  readonly message: Message<RoleMessageType> | undefined;
}

/** Options of one message that is sent. */
export interface SendOptions {
  /** Largest part, in bytes, because larger messages did not reach the receiver. */
  readonly maxPartBytes?: number | undefined;
  /** False: the broker does not retain it, although its type is retained. */
  readonly retain?: false;
}

/** The typed messages that a role sends and receives. Everything from outside has been validated. */
export interface Session {
  readonly federation: string;
  /** This gateway's id. */
  readonly id: string;
  /** Names this run of the gateway: 16 hexadecimal digits, new at each start. */
  readonly instance: string;
  /**
   * Sends to the topic of this type of message (docs/protocol.md). `to` names the gateway that receives an ack or a
   * snapshot.
   */
  send(body: BodyOf<RoleMessageType>, to?: string, options?: SendOptions): Promise<{ bytes: number }>;
  /**
   * The last message of a role that stops while the session stays. It is sent after `afterMs`, or at the stop of the
   * session if that comes first, unless another message of its type is sent before.
   */
  sendLast(body: BodyOf<RoleMessageType>, afterMs: number): void;
  /**
   * Receives messages of one type that are meant for this gateway. Resolves once subscribed. The returned function ends
   * it.
   */
  subscribe<T extends RoleMessageType>(
    type: T,
    handler: (message: Message<T>, info: { bytes: number; retained: boolean }) => void,
  ): Promise<() => Promise<void>>;
  /**
   * From now on the broker waits for an answer to each message of this type: for long messages over a line that is slower than
   * what the broker keeps for it. It ends with the subscriptions to the type, and does nothing without one.
   */
  confirmEach(type: RoleMessageType): void;
  /**
   * Sends bytes that `encode` made, in this run of the gateway or in an earlier one, so that a stored message is not
   * encoded again. What its topic says already is left out on the way.
   */
  sendEncoded(message: EncodedMessage, to?: string, options?: SendOptions): Promise<{ bytes: number }>;
  /** The message as bytes that say all of it, to be stored and sent later (`sendEncoded`). */
  encode(body: BodyOf<RoleMessageType>): Uint8Array;
  /** Bytes that `encode` made, for people who bring their own transport. Undefined in a federation with invitations. */
  exported(bytes: Uint8Array): ExportedBytes | undefined;
  /**
   * Takes bytes that did not come through the broker and gives them to the listeners of their type.
   * @throws FtteError `message-invalid`; it is also counted as a drop, unless messages of this session are signed or sealed,
   * so that such bytes are never taken
   */
  receive(bytes: Uint8Array): void;
  /** Calls `listener` for every message that is dropped. The returned function removes it. */
  onDrop(listener: (drop: Drop) => void): () => void;
  /**
   * Calls `listener` when a topic on which this session has sent a retained message holds other bytes, or none. This is
   * noticed only for types to which somebody subscribes. The returned function removes the listener.
   */
  onReplaced(listener: (replaced: Replaced) => void): () => void;
  /** The highest term of a coordinator so far. Messages of a lower one are dropped, but for claims. */
  readonly term: number;
  /** This gateway is the coordinator of a term: its messages to gateways name it from now on. */
  lead(term: number): void;
  /**
   * The lowest counter that the next update may have, as the coordinator has said. Undefined: it has not said, or updates in
   * this federation have none.
   */
  readonly updateCounter: number | undefined;
  /**
   * Resolves when the coordinator has let this gateway in, so that messages leave. Undefined: they do now. Rejects with
   * FtteError `offline` at the end of the session.
   */
  admission(): Promise<void> | undefined;
  /** Whether it is a federation with invitations: messages leave through the broker alone, and updates must have a counter (P-28). */
  readonly hasMembers: boolean;
  /** This gateway is the coordinator: where the counters of the updates of each gateway continue. */
  countUpdates(next: (gateway: string) => number): void;
  /** The topic of messages of this type, for a person. @param gateway its sender or receiver. Default: this gateway */
  topicOf(type: RoleMessageType, gateway?: string): string;
  /**
   * The time at which the last message of the coordinator arrived that was not retained, ms since the epoch: it was
   * connected then. Undefined if none has arrived.
   */
  readonly coordinatorSeenMs: number | undefined;
  /**
   * The time at which the last message of this type arrived, whole or in part, ms since the epoch.
   * @param leastBytes smaller messages and parts do not count
   */
  receivedMs(type: RoleMessageType, leastBytes?: number): number | undefined;
  /** Whether the broker may confirm a message and drop it: `Transport.dropsSilently`. */
  readonly dropsSilently: boolean;
  /** The size of parts, in bytes, in which messages pass the broker if larger ones do not; undefined: none is known. */
  readonly partLimitBytes: number | undefined;
  /** Sends messages in parts of at most so many bytes from this time on. */
  limitParts(bytes: number): void;
  /** The key pair of this gateway, in a federation with invitations. Undefined: it has none. */
  readonly identity?: Identity | undefined;
  /** At a coordinator: the Ed25519 key of an active member, 32 bytes. Undefined: it is none, or there are no members. */
  memberKey?(gateway: string): Uint8Array | undefined;
  /** The number of drops so far, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
}
