import type { InvitationProof } from '../pair/hello';
import { SecurityError } from '../rules/security-error';
import { hexOf } from '../text/bytes';
import type { Invitation } from './invitation';
import { type Applicant, isProof, proofKeyOf } from './proof';

/** An invitation as the coordinator keeps it, without its secret (P-25). */
export interface InvitationRecord {
  /** In hex. */
  readonly id: string;
  readonly proofKey: Uint8Array;
  /** When it was made, ms since the epoch. */
  readonly madeMs: number;
  readonly expiresMs: number;
  readonly uses: number;
  readonly usesLeft: number;
  readonly suggestedId?: string;
  /** For people: for whom it is. */
  readonly note: string;
}

/** A gateway that joins. */
export interface JoiningGateway extends Applicant {
  /** When a member of this id was revoked, ms since the epoch. */
  readonly revokedMs?: number | undefined;
}

/** Most invitations that are kept. The oldest make room. */
const mostInvitations = 20_000;

/** The invitations that a coordinator has made. It does not write to disk itself. */
export class InvitationBook {
  private readonly records = new Map<string, InvitationRecord>();

  constructor(records: Iterable<InvitationRecord> = []) {
    for (const record of records) this.records.set(record.id, record);
  }

  /** All records, the oldest first. */
  get all(): readonly InvitationRecord[] {
    return [...this.records.values()];
  }

  get(id: string): InvitationRecord | undefined {
    return this.records.get(id);
  }

  /** Notes an invitation that was made. @returns its record, to be written before the text is shown */
  add(invitation: Invitation, nowMs: number, note = ''): InvitationRecord {
    const { id, secret, expiresMs, uses, suggestedId } = invitation;
    const record: InvitationRecord = {
      id: hexOf(id),
      proofKey: proofKeyOf(secret),
      madeMs: nowMs,
      expiresMs,
      uses,
      usesLeft: uses,
      note,
      ...(suggestedId !== undefined && { suggestedId }),
    };
    this.records.set(record.id, record);
    for (const oldest of this.records.keys()) {
      if (this.records.size <= mostInvitations) break;
      this.records.delete(oldest);
    }
    return record;
  }

  /** Ends an invitation. @returns its record, or undefined if there is none */
  withdraw(id: string): InvitationRecord | undefined {
    return this.change(id, { usesLeft: 0 });
  }

  /**
   * Takes one use of the invitation that a gateway proves.
   * @returns the changed record, to be written before the gateway is a member; `giveBack` if that fails
   * @throws SecurityError `invitation-unknown`, `invitation-proof`, `invitation-expired`, `invitation-used`, or `revoked` for
   * a gateway that was revoked after the invitation was made
   */
  use(invitation: InvitationProof, applicant: JoiningGateway, nowMs: number): InvitationRecord {
    const id = hexOf(invitation.id);
    const { gateway } = applicant;
    const record = this.records.get(id);
    if (!record)
      throw new SecurityError(
        'invitation-unknown',
        `${gateway} has an invitation that this coordinator did not make, or has forgotten. Make a new one for it`,
      );
    // The proof comes first: whoever has none learns nothing about the invitation.
    if (!isProof(invitation, record.proofKey, applicant))
      throw new SecurityError(
        'invitation-proof',
        `${gateway} does not prove the invitation ${id}. Somebody else may have sent its hello`,
      );
    if (applicant.revokedMs !== undefined && record.madeMs <= applicant.revokedMs)
      throw new SecurityError(
        'revoked',
        `${gateway} was revoked, and its invitation is older than that. Readmit it, or make a new invitation for it`,
        { gateway },
      );
    if (nowMs >= record.expiresMs)
      throw new SecurityError(
        'invitation-expired',
        `the invitation of ${gateway} has expired. Make a new one for it`,
        { gateway },
      );
    if (record.usesLeft < 1)
      throw new SecurityError(
        'invitation-used',
        `the invitation of ${gateway} was used ${record.uses === 1 ? 'before' : `${record.uses} times`} or withdrawn. ` +
          'Make a new one for it; if nobody on this side has used it, revoke the member that has',
        { gateway },
      );
    return this.change(id, { usesLeft: record.usesLeft - 1 }) as InvitationRecord;
  }

  /** Gives back a use that could not be written. */
  giveBack(id: string): void {
    const record = this.records.get(id);
    if (record) this.change(id, { usesLeft: record.usesLeft + 1 });
  }

  private change(id: string, changes: Partial<InvitationRecord>): InvitationRecord | undefined {
    const record = this.records.get(id);
    if (!record) return undefined;
    const changed = { ...record, ...changes };
    this.records.set(id, changed);
    return changed;
  }
}
