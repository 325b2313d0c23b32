import type { Clock } from '../../platform';
import type { Identity } from '../../security';
import type { Delivery, Transport, Will } from '../../transport';

/** Bytes around a part in a protected federation: a seal and a signature, with the longest counters and epochs. */
export const partOverheadBytes = 128;

/** The session as its protection sees it. */
export interface ProtectionLink {
  readonly transport: Transport;
  readonly federation: string;
  /** This gateway's id. */
  readonly id: string;
  readonly clock: Clock;
  /** Gives a message to the session once more, which could not be opened when it came. */
  deliver(delivery: Delivery): void;
  /** Reports a message that was refused. */
  refuse(error: unknown, topic: string): void;
}

/**
 * The door of a session: all bytes that leave or enter pass it. Roles do not know which protection they have. A promise is
 * returned only if something has to come or be written first.
 */
export interface MessageProtection {
  /** Bytes that are added to a message that may be cut into parts, at most. */
  readonly overheadBytes: number;
  /**
   * The lowest counter that the next update of this gateway may have (P-28), as the coordinator has said. Undefined: it has not
   * said, or updates have none.
   */
  readonly updateCounter: number | undefined;
  /**
   * Resolves when messages of roles leave, because the coordinator has let this gateway in. Undefined: they do now. Rejects
   * with FtteError `offline` at the end of the session.
   */
  admission(): Promise<void> | undefined;
  /** Whether it is a federation with invitations: messages leave through the broker alone, and updates must have a counter (P-28). */
  readonly hasMembers: boolean;
  /** At a coordinator: where the counters of the updates of a gateway continue. */
  countUpdates(next: (gateway: string) => number): void;
  /** The key pair of this gateway or coordinator. Undefined: it has none, or it is not read yet. */
  readonly identity?: Identity | undefined;
  /** At a coordinator: the Ed25519 key of an active member. Undefined: it is none. */
  memberKey?(gateway: string): Uint8Array | undefined;
  /** The Last Will in protected form. It is made before the transport. */
  protectWill(will: Will): Will;
  start(link: ProtectionLink): void;
  stop(): void;
  /**
   * The bytes of a message as they leave.
   * @throws FtteError `offline` if too many messages wait already, or after `stop`; SecurityError
   */
  protect(topic: string, bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /**
   * The bytes of a message that came. Undefined: there is nothing for a role in it, or not yet.
   * @throws SecurityError if it is refused
   */
  open(delivery: Delivery): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** Without invitations: messages travel as they are, and whoever may publish is believed. */
export const plainProtection: MessageProtection = {
  overheadBytes: 0,
  updateCounter: undefined,
  admission: () => undefined,
  hasMembers: false,
  countUpdates: () => undefined,
  protectWill: (will) => will,
  start: () => undefined,
  stop: () => undefined,
  protect: (_topic, bytes) => bytes,
  open: ({ payload }) => payload,
};
