import type { BodyOf, Message, MessageType } from '../wire';

/** Why bytes from outside were dropped. */
export type DropReason =
  | 'oversize'
  | 'not-cbor'
  | 'too-deep'
  | 'version'
  | 'federation'
  | 'type'
  | 'field'
  | 'topic'
  | 'chunk';

/** Bytes that were dropped at the door. */
export interface Drop {
  readonly reason: DropReason;
  /** For a person: field, what came, what was wanted. */
  readonly detail: string;
  readonly topic: string | undefined;
}

/** How a role speaks: typed messages only; everything from outside was checked at this one door. */
export interface SessionFace {
  readonly federation: string;
  /** This gateway's id. */
  readonly id: string;
  /** Sends to where messages of this type go (docs/protocol.md); `to` names the gateway for ack and snapshot. */
  send(body: BodyOf<Exclude<MessageType, 'chunk'>>, to?: string): Promise<{ bytes: number }>;
  /** Hears messages of one type that are meant for us; resolves once subscribed. The result ends it. */
  hear<T extends Exclude<MessageType, 'chunk'>>(
    type: T,
    handler: (message: Message<T>, info: { bytes: number; retained: boolean }) => void,
  ): Promise<() => Promise<void>>;
}
