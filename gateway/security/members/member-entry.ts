import type { PublicKey } from '../keys/public-key';
import type { HelloOrder } from './hello-order';
import type { MemberRecord } from './membership-store';

/** A member of the federation. */
export interface Member {
  readonly id: string;
  readonly key: PublicKey;
  readonly sinceMs: number;
  readonly lastSeenMs: number;
  readonly note: string;
  readonly revokedMs: number | undefined;
  /** Id of the invitation that it joined with, in hex. */
  readonly invitation: string;
}

/** A member in memory, with what decides on its messages. */
export interface Entry {
  record: Omit<MemberRecord, 'run'>;
  readonly key: PublicKey;
  readonly order: HelloOrder;
}

/** The part of an entry that others may see. */
export const memberOf = ({ record, key }: Entry): Member => ({
  id: record.id,
  key,
  sinceMs: record.sinceMs,
  lastSeenMs: record.lastSeenMs,
  note: record.note,
  revokedMs: record.revokedMs,
  invitation: record.invitation,
});

/** The part of an entry that is kept on disk. */
export const recordOf = ({ record, order }: Entry): MemberRecord => ({
  ...record,
  run: order.run,
});
