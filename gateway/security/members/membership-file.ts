import {
  type FtteError,
  readIfThere,
  type SealedForm,
  SerialQueue,
  sealed,
  unsealed,
  writeAtomically,
  yieldToEventLoop,
} from '../../platform';
import { decodeDeterministic } from '../cbor/decode';
import { type CborValue, encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';
import { mostUses } from '../invitation/invitation';
import type { InvitationRecord } from '../invitation/invitation-book';
import { proofKeyBytes } from '../invitation/proof';
import { publicKeyBytes } from '../keys/public-key';
import { SecurityError } from '../rules/security-error';
import type { MemberRecord, MembershipChanges, MembershipStore } from './membership-store';

const form: SealedForm = { magic: 'FTTEMEM1', digest: 'end' };
const lengthBytes = 4;
const mostText = 1_024;
const kinds = { member: 0, invitation: 1 } as const;

/**
 * Members and invitations in one file for its owner alone (P-25): each record is a length (u32, little-endian) and a
 * deterministic CBOR map, and the file ends with a SHA-256. Each save replaces the whole file; saves that come while one is
 * being written are written together.
 */
export class MembershipFile implements MembershipStore {
  /** The encoded record of each member and invitation. */
  private readonly records = new Map<string, Uint8Array>();
  /** Records that are newer than their encoded form. */
  private readonly fresh = new Map<string, () => Uint8Array>();
  private readonly queue = new SerialQueue();
  private isDirty = false;

  constructor(private readonly path: string) {}

  /** Whether there is a file. @throws FtteError `storage` */
  async exists(): Promise<boolean> {
    return (await readIfThere(this.path)) !== undefined;
  }

  /** @throws SecurityError `membership-damaged`; FtteError `storage` */
  async load(): Promise<Required<MembershipChanges>> {
    const members: MemberRecord[] = [];
    const invitations: InvitationRecord[] = [];
    const bytes = await readIfThere(this.path);
    if (!bytes) return { members, invitations };
    const content = await unsealed(form, bytes, (what) => this.damaged(what));
    try {
      for (let at = 0; at < content.length; ) {
        const end = at + lengthBytes + content.readUInt32LE(at);
        const record = Uint8Array.from(content.subarray(at + lengthBytes, end));
        const fields = new Fields(decodeDeterministic(record), 'a record', 'membership-damaged');
        if (fields.count(0, 'kind') === kinds.member) members.push(memberOf(fields));
        else invitations.push(invitationOf(fields));
        this.records.set(keyOf(fields), record);
        at = end;
      }
    } catch (error) {
      throw this.damaged(error instanceof Error ? error.message : 'a record is cut off');
    }
    return { members, invitations };
  }

  /** @throws FtteError `storage` */
  async save({ members = [], invitations = [] }: MembershipChanges): Promise<void> {
    for (const member of members) this.fresh.set(`member ${member.id}`, () => encodeMember(member));
    for (const record of invitations)
      this.fresh.set(`invitation ${record.id}`, () => encodeInvitation(record));
    this.isDirty = true;
    await this.queue.run(async () => {
      if (!this.isDirty) return;
      this.isDirty = false;
      try {
        await this.encodeFresh();
        await writeAtomically(this.path, await sealed(form, await this.chunks()));
      } catch (error) {
        this.isDirty = true;
        throw error;
      }
    });
  }

  /** Encodes what is new, with pauses: all members of a large federation are, after a restart. */
  private async encodeFresh(): Promise<void> {
    let count = 0;
    for (const [name, encode] of this.fresh) {
      this.records.set(name, encode());
      this.fresh.delete(name);
      if (++count % recordsAtATime === 0) await yieldToEventLoop();
    }
  }

  /** All records, each after its length, in few parts. */
  private async chunks(): Promise<Uint8Array[]> {
    const chunks: Uint8Array[] = [];
    let parts: Uint8Array[] = [];
    for (const record of [...this.records.values()]) {
      parts.push(lengthOf(record), record);
      if (parts.length < 2 * recordsAtATime) continue;
      chunks.push(Buffer.concat(parts));
      parts = [];
      await yieldToEventLoop();
    }
    return [...chunks, Buffer.concat(parts)];
  }

  private damaged(what: string): FtteError {
    return new SecurityError(
      'membership-damaged',
      `the file of the members, ${this.path}, is damaged: ${what}. Put it back from a backup; without it, all gateways have ` +
        'to be invited again, and revoked ones are no longer known',
      { path: this.path },
    );
  }
}

const keyOf = (fields: Fields) =>
  `${fields.count(0, 'kind') === kinds.member ? 'member' : 'invitation'} ${fields.text(1, 'id', { max: mostText })}`;

/** Records that are encoded between two turns of the event loop. */
const recordsAtATime = 128;

function lengthOf(record: Uint8Array): Uint8Array {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(record.length);
  return length;
}

function encodeMember(member: MemberRecord): Uint8Array {
  const map = new Map<number, CborValue>([
    [0, kinds.member],
    [1, member.id],
    [2, member.publicKey],
    [3, member.sinceMs],
    [4, member.lastSeenMs],
    [5, member.note],
    [6, member.invitation],
    // The run of a member of which none is known is -1.
    [7, member.run + 1],
  ]);
  if (member.revokedMs !== undefined) map.set(10, member.revokedMs);
  return encodeDeterministic(map);
}

function memberOf(fields: Fields): MemberRecord {
  return {
    id: fields.text(1, 'id', { min: 1, max: mostText }),
    publicKey: Uint8Array.from(fields.bytes(2, 'publicKey', { max: publicKeyBytes })),
    sinceMs: fields.count(3, 'sinceMs'),
    lastSeenMs: fields.count(4, 'lastSeenMs'),
    note: fields.text(5, 'note', { max: mostText }),
    invitation: fields.text(6, 'invitation', { max: mostText }),
    run: fields.count(7, 'run') - 1,
    ...(fields.has(10) && { revokedMs: fields.count(10, 'revokedMs') }),
  };
}

function encodeInvitation(record: InvitationRecord): Uint8Array {
  const map = new Map<number, CborValue>([
    [0, kinds.invitation],
    [1, record.id],
    [2, record.proofKey],
    [3, record.madeMs],
    [4, record.expiresMs],
    [5, record.uses],
    [6, record.usesLeft],
    [7, record.note],
  ]);
  if (record.suggestedId !== undefined) map.set(8, record.suggestedId);
  return encodeDeterministic(map);
}

function invitationOf(fields: Fields): InvitationRecord {
  return {
    id: fields.text(1, 'id', { min: 1, max: mostText }),
    proofKey: Uint8Array.from(fields.bytes(2, 'proofKey', { max: proofKeyBytes })),
    madeMs: fields.count(3, 'madeMs'),
    expiresMs: fields.count(4, 'expiresMs'),
    uses: fields.count(5, 'uses', mostUses),
    usesLeft: fields.count(6, 'usesLeft', mostUses),
    note: fields.text(7, 'note', { max: mostText }),
    ...(fields.has(8) && { suggestedId: fields.text(8, 'suggestedId', { max: mostText }) }),
  };
}
