import { type FtteError, type NoticeCode, noticeCodeOf, SerialQueue } from '../../platform';
import {
  beginRun,
  type ClaimMark,
  type Invitation,
  type JoinRefusal,
  type OwnMembership,
  openIdentity,
  refusalOf,
  saveOwnMembership,
} from '../../security';
import { GatewayProtection } from '../../session';
import { brokerTrust } from './broker-trust';
import { type GatewayFacts, type GatewayFactsOptions, gatewayFacts, gatewayFiles } from './gateway-facts';
import { explainedLogin } from './refused-login';

/** Options of `GatewayMembership.open`. */
export interface GatewayMembershipOptions extends GatewayFactsOptions {
  /** Receives failures of the disk, and claims of another coordinator than the pinned one: see `problemCode`. */
  readonly onProblem: (error: unknown) => void;
}

/** The answer of the coordinator: it has let this gateway in, or why not. */
export type Standing = 'member' | JoinRefusal;

/** The membership of a gateway that was invited: its key, the pinned key of the coordinator, and the protection. */
export class GatewayMembership {
  readonly protection: GatewayProtection;
  private readonly queue = new SerialQueue();
  private listener: (standing: Standing) => void = () => undefined;

  private constructor(
    private readonly path: string,
    private own: OwnMembership,
    private readonly invitation: Invitation | undefined,
    private readonly onProblem: (error: unknown) => void,
    protect: (
      callbacks: Pick<ConstructorParameters<typeof GatewayProtection>[0], 'keepMark' | 'onStanding'>,
    ) => GatewayProtection,
  ) {
    this.protection = protect({
      keepMark: (mark) => this.keepMark(mark),
      onStanding: (standing) => this.onStanding(standing),
    });
  }

  /**
   * The membership in a folder, or the one that an invitation offers. Undefined if there is neither.
   * @throws SecurityError as `readInvitation` and `openIdentity`; FtteError `config-invalid` if a setting does not fit;
   * `storage`
   */
  static async open(options: GatewayMembershipOptions): Promise<GatewayMembership | undefined> {
    const facts = gatewayFacts(options);
    return facts && GatewayMembership.of(facts, options);
  }

  /** As `open`, of facts that were read already. */
  static async of(
    facts: GatewayFacts,
    { folder, clock, onProblem }: GatewayMembershipOptions,
  ): Promise<GatewayMembership> {
    const paths = gatewayFiles(folder);
    const { known, invitation, federation, broker, coordinator, authority } = facts;
    const mustExist = known?.admitted === true;
    const { identity } = await openIdentity({ path: paths.key, role: 'gateway', mustExist });
    const fromKey = `gw-${identity.fingerprint.replace(/-/g, '').slice(0, 8).toLowerCase()}`;
    const gateway = facts.gateway ?? fromKey;
    const run = await beginRun(paths.run, clock.now());
    const credentials = facts.credentialsOf(gateway);
    const own: OwnMembership = {
      federation,
      gateway,
      broker,
      coordinator,
      admitted: known?.admitted ?? false,
      ...(known?.mark && { mark: known.mark }),
      ...(credentials && { credentials }),
      ...(authority && { authority }),
    };
    await saveOwnMembership(paths.membership, own);
    return new GatewayMembership(paths.membership, own, invitation, onProblem, (callbacks) => {
      const { mark } = own;
      return new GatewayProtection({
        identity,
        federation,
        gateway,
        coordinator,
        run,
        ...(mark && { mark }),
        ...(invitation && { invitation }),
        onOtherCoordinator: onProblem,
        ...callbacks,
      });
    });
  }

  get federation(): string {
    return this.own.federation;
  }

  get id(): string {
    return this.own.gateway;
  }

  /** Whether the coordinator has let this gateway in, now or in an earlier run. */
  get admitted(): boolean {
    return this.own.admitted;
  }

  /** The address of the broker, with user and password if it needs them. */
  get broker(): string {
    const { broker, credentials } = this.own;
    const url = new URL(broker);
    if (credentials) {
      url.username = encodeURIComponent(credentials.user);
      url.password = encodeURIComponent(credentials.password);
    }
    return url.href;
  }

  /** The trust in the broker's certificate, if the invitation brought one. */
  get tls(): Record<string, unknown> | undefined {
    return brokerTrust(this.own);
  }

  /** The error of a connection with the login of the invitation, with what this gateway knows about it. */
  explain(error: FtteError): FtteError {
    return explainedLogin(error, this.invitation);
  }

  /** Calls the listener whenever the coordinator has let this gateway in, or has said why not. */
  onChange(listener: (standing: Standing) => void): void {
    this.listener = listener;
  }

  private onStanding(standing: Standing): void {
    // The listener compares it with what was before.
    this.listener(standing);
    if (standing !== 'member' || this.own.admitted) return;
    this.own = { ...this.own, admitted: true };
    this.save().catch(() => undefined);
  }

  private keepMark(mark: ClaimMark): Promise<void> {
    this.own = { ...this.own, mark };
    return this.save();
  }

  private save(): Promise<void> {
    return this.queue
      .run(() => saveOwnMembership(this.path, this.own))
      .catch((error) => {
        this.onProblem(error);
        throw error;
      });
  }
}

/** The code under which a problem of a membership is said. */
export const problemCode = (error: unknown): NoticeCode =>
  refusalOf(error) === 'other-coordinator' ? 'other-coordinator' : noticeCodeOf(error);
