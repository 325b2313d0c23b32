import type { InvitationRecord } from '../invitation/invitation-book';

/** A member as it is kept on disk. */
export interface MemberRecord {
  readonly id: string;
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** When it joined, and when its newest message came, ms since the epoch. */
  readonly sinceMs: number;
  readonly lastSeenMs: number;
  /** For people. */
  readonly note: string;
  /** When it was revoked, ms since the epoch. Absent: it is a member. */
  readonly revokedMs?: number;
  /** Id of the invitation that it joined with, in hex. */
  readonly invitation: string;
  /** The highest run of its hellos. */
  readonly run: number;
}

/** Records that belong together: all of them are on disk, or none. */
export interface MembershipChanges {
  readonly members?: readonly MemberRecord[];
  readonly invitations?: readonly InvitationRecord[];
}

/** A place in which members and invitations survive a restart. */
export interface MembershipStore {
  load(): Promise<Required<MembershipChanges>>;
  /** Resolves when the records have replaced those of the same id on disk. */
  save(changes: MembershipChanges): Promise<void>;
}
