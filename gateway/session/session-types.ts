import type { BodyOf, DropReason, Message, RoleMessageType } from '../wire';

/** Bytes that were dropped at the door. */
export interface Drop {
  readonly reason: DropReason;
  /** For a person: field, what came, what was wanted. */
  readonly detail: string;
  /** Undefined for bytes that came through `receive`. */
  readonly topic: string | undefined;
  /** Sender, type and update id, as far as they could be read: enough to tell the sender. */
  readonly sender?: string;
  readonly type?: string;
  readonly id?: string;
}

/** A message as it travels. */
export interface EncodedMessage {
  readonly type: RoleMessageType;
  /** Of an update: its id. */
  readonly id?: string;
  readonly bytes: Uint8Array;
}

/** How a role speaks: typed messages only; everything from outside was checked at this one door. */
export interface Session {
  readonly federation: string;
  /** This gateway's id. */
  readonly id: string;
  /** Sends to where messages of this type go (docs/protocol.md); `to` names the gateway for ack and snapshot. */
  send(body: BodyOf<RoleMessageType>, to?: string): Promise<{ bytes: number }>;
  /** Hears messages of one type that are meant for us; resolves once subscribed. The result ends it. */
  subscribe<T extends RoleMessageType>(
    type: T,
    handler: (message: Message<T>, info: { bytes: number; retained: boolean }) => void,
  ): Promise<() => Promise<void>>;
  /**
   * Sends bytes that `encode` gave, in this run of the gateway or in one before; so what is on disk, or is counted, is not
   * encoded again. It counts as one message more, as every message that is sent again does.
   */
  sendEncoded(message: EncodedMessage, to?: string): Promise<{ bytes: number }>;
  /** The message as bytes, for people who bring their own transport. Takes the next sequence number. */
  encode(body: BodyOf<RoleMessageType>): Uint8Array;
  /**
   * Takes bytes that came another way than the broker and gives them to whoever hears their type.
   * @throws FtteError `message-invalid` (they are counted as a drop, too)
   */
  receive(bytes: Uint8Array): void;
  /** Calls `listener` for everything that is dropped. The result removes it. */
  onDrop(listener: (drop: Drop) => void): () => void;
  /** Drops so far, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
}
