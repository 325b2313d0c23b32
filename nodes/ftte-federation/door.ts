import {
  CoordinatorMembership,
  coordinatorFiles,
  type GatewayFacts,
  GatewayMembership,
  hasMembers,
  problemCode,
  type Standing,
} from '../../gateway/client';
import { type Clock, FtteError, type Log, messageOf } from '../../gateway/platform';
import { LaterProtection, type MessageProtection, type RefusedGateway } from '../../gateway/session';
import type { HostedBroker } from '../../gateway/transport';
import type { FederationConfig } from './config';
import { type AddressOf, Members } from './members';

/** Options of a `Door`. */
export interface DoorOptions {
  readonly config: Pick<FederationConfig, 'membership' | 'federation' | 'gatewayId' | 'facts' | 'invitation'>;
  readonly folder: string;
  /** The broker as invitations name it. */
  readonly address: AddressOf;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keys and members of a federation node: of the coordinator that invites, or of a gateway that was invited. */
export class Door {
  /** Of the session, which is made before keys and members are read. Undefined in an open federation. */
  readonly protection: MessageProtection | undefined;
  /** Resolves when keys and members are read. */
  readonly opened: Promise<void>;
  private readonly later: LaterProtection | undefined;
  private readonly standings = new Set<(standing: Standing) => void>();
  private readonly refusals = new Set<(refused: RefusedGateway) => void>();
  private standing: Standing | undefined;
  private membership: CoordinatorMembership | undefined;
  private shown: Members | undefined;
  private opening: Promise<void> | undefined;
  private resolve: () => void = () => undefined;

  constructor(private readonly options: DoorOptions) {
    const isProtected = options.config.membership !== 'open';
    this.later = isProtected ? new LaterProtection() : undefined;
    this.protection = this.later;
    this.opened = isProtected
      ? new Promise((resolve) => {
          this.resolve = resolve;
        })
      : Promise.resolve();
  }

  /** The members, once they are read, of a coordinator that invites. */
  get members(): Members | undefined {
    return this.shown;
  }

  /** The newest answer of the coordinator to this gateway. */
  get present(): Standing | undefined {
    return this.standing;
  }

  /**
   * Reads keys and members. A second call does nothing if the first one succeeded.
   * @throws SecurityError for what is lost or damaged; FtteError `storage`; `config-invalid` if the folder is that of another
   * kind of federation
   */
  open(): Promise<void> {
    this.opening ??= this.openNow().catch((error) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  private async openNow(): Promise<void> {
    const { membership, facts } = this.options.config;
    if (membership === 'open') await this.requireNoMembers();
    else if (membership === 'invitation' && facts) await this.openGateway(facts);
    else await this.openCoordinator();
    this.resolve();
  }

  /** Lets members log in at a broker that is hosted here. @returns ends that */
  serve(broker: HostedBroker): () => void {
    return this.membership?.serve(broker) ?? (() => undefined);
  }

  /** Whether messages of a gateway count. */
  counts(gateway: string): boolean {
    return this.later === undefined || this.membership?.counts(gateway) === true;
  }

  onStanding(listener: (standing: Standing) => void): () => void {
    this.standings.add(listener);
    if (this.standing) listener(this.standing);
    return () => this.standings.delete(listener);
  }

  onRefused(listener: (refused: RefusedGateway) => void): () => void {
    this.refusals.add(listener);
    return () => this.refusals.delete(listener);
  }

  /** Writes what has changed, when the session has ended. Never rejects. */
  async close(): Promise<void> {
    this.standings.clear();
    this.refusals.clear();
    await this.membership?.close();
  }

  private async openGateway(facts: GatewayFacts): Promise<void> {
    const { folder, clock } = this.options;
    const membership = await GatewayMembership.of(facts, { folder, clock, onProblem: this.report });
    membership.onChange((standing) => {
      if (standing === this.standing) return;
      this.standing = standing;
      for (const listener of [...this.standings]) listener(standing);
    });
    this.later?.set(membership.protection);
  }

  private async openCoordinator(): Promise<void> {
    const { folder, clock, config, address } = this.options;
    const membership = await CoordinatorMembership.open({
      folder,
      federation: config.federation,
      id: config.gatewayId,
      clock,
      onRefused: (refused) => {
        for (const listener of [...this.refusals]) listener(refused);
      },
      onProblem: this.report,
    });
    this.membership = membership;
    this.shown = new Members(membership, address);
    this.later?.set(membership.protection);
  }

  private async requireNoMembers(): Promise<void> {
    const { folder } = this.options;
    if (!(await hasMembers(folder))) return;
    throw new FtteError(
      'config-invalid',
      `membership: expected that the coordinator invites gateways, because it has members by invitation, got an open federation. To open it, remove ${coordinatorFiles(folder).members} first`,
      { field: 'membership' },
    );
  }

  private readonly report = (error: unknown) => this.options.log.error(messageOf(error), problemCode(error));
}
