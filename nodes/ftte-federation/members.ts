import type {
  BrokerAddress,
  CoordinatorMembership,
  FederationMemberEntry,
  InvitationSettings,
  OpenInvitation,
} from '../../gateway/client';
import type { FederationMembers } from '../runtime';

/** The broker as an invitation names it. @throws FtteError `config-invalid` naming `broker` */
export interface AddressOf {
  /** @param given by a person; undefined: the usual one */
  (given?: string): BrokerAddress;
  /** The usual one, to be shown before an invitation is made. */
  readonly usual: string | undefined;
}

/** The members of the coordinator of a federation node, for its dialog, for flows and for the command line. */
export class Members implements FederationMembers {
  private readonly listeners = new Set<(id: string) => void>();

  constructor(
    private readonly membership: CoordinatorMembership,
    private readonly addressOf: AddressOf,
  ) {}

  get fingerprint(): string {
    return this.membership.fingerprint;
  }

  get members(): FederationMemberEntry[] {
    return this.membership.members;
  }

  get invitations(): OpenInvitation[] {
    return this.membership.invitations;
  }

  get address(): string | undefined {
    return this.addressOf.usual;
  }

  async invite(settings: InvitationSettings): Promise<string> {
    return this.membership.invite(settings, this.addressOf(settings.broker));
  }

  withdraw(invitation: string): Promise<void> {
    return this.membership.withdraw(invitation);
  }

  async revoke(id: string): Promise<void> {
    const revoked = this.membership.revoke(id);
    // It counts no more from now on, whatever the disk does.
    if (!this.membership.counts(id)) for (const listener of [...this.listeners]) listener(id);
    await revoked;
  }

  readmit(id: string): Promise<void> {
    return this.membership.readmit(id);
  }

  onRevoked(listener: (id: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
