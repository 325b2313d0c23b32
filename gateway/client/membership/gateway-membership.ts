import { join } from 'node:path';
import { type Clock, FtteError, SerialQueue } from '../../platform';
import {
  beginRun,
  type ClaimMark,
  type Invitation,
  type JoinRefusal,
  type OwnMembership,
  openIdentity,
  readInvitation,
  readOwnMembership,
  refusalOf,
  saveOwnMembership,
} from '../../security';
import { GatewayProtection } from '../../session';

/** Options of `GatewayMembership.open`. */
export interface GatewayMembershipOptions {
  /** The folder of the gateway. */
  readonly folder: string;
  /** The text of the invitation. Not needed once the gateway is a member. */
  readonly invitation?: string | undefined;
  /** Settings that the caller gives, and which have to fit. */
  readonly federation?: string | undefined;
  readonly id?: string | undefined;
  readonly clock: Clock;
  /** Receives failures of the disk. */
  readonly onProblem: (error: unknown) => void;
}

type Standing = 'member' | JoinRefusal;

const pathsIn = (folder: string) => ({
  key: join(folder, 'security', 'gateway.key'),
  membership: join(folder, 'security', 'membership.bin'),
  run: join(folder, 'security', 'run'),
});

/** The membership of a gateway that was invited: its key, the pinned key of the coordinator, and the protection. */
export class GatewayMembership {
  readonly protection: GatewayProtection;
  private readonly queue = new SerialQueue();
  private listener: (standing: Standing) => void = () => undefined;

  private constructor(
    private readonly path: string,
    private own: OwnMembership,
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
    const { folder, clock, onProblem } = options;
    const paths = pathsIn(folder);
    const known = await readOwnMembership(paths.membership);
    const invitation = invitationFor(options, known);
    if (!known && !invitation) return undefined;
    requireSame('federation', options.federation, known?.federation ?? invitation?.federation);
    const mustExist = known?.admitted === true;
    const { identity } = await openIdentity({ path: paths.key, role: 'gateway', mustExist });
    const fromKey = `gw-${identity.fingerprint.replace(/-/g, '').slice(0, 8).toLowerCase()}`;
    const gateway = known?.gateway ?? options.id ?? invitation?.suggestedId ?? fromKey;
    requireSame('id', options.id, gateway);
    const run = await beginRun(paths.run, clock.now());
    const { federation, broker, coordinator, credentials } = (invitation ?? known) as
      | Invitation
      | OwnMembership;
    const own: OwnMembership = {
      federation,
      gateway,
      broker,
      coordinator,
      admitted: known?.admitted ?? false,
      ...(known?.mark && { mark: known.mark }),
      ...(credentials && { credentials }),
    };
    await saveOwnMembership(paths.membership, own);
    return new GatewayMembership(paths.membership, own, onProblem, (callbacks) => {
      const { mark } = own;
      return new GatewayProtection({
        identity,
        federation,
        gateway,
        coordinator,
        run,
        ...(mark && { mark }),
        ...(invitation && { invitation }),
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

/** The invitation, if there is one that this gateway still needs, or may need once more. */
function invitationFor(
  { invitation: text, clock }: GatewayMembershipOptions,
  known: OwnMembership | undefined,
): Invitation | undefined {
  if (text === undefined) return undefined;
  const federation = known ? { federation: known.federation } : {};
  try {
    const invitation = readInvitation(text, { nowMs: clock.now(), ...federation });
    if (!known || known.coordinator.equals(invitation.coordinator)) return invitation;
  } catch (error) {
    // Whoever is a member does not need it any more.
    if (known?.admitted && refusalOf(error) === 'invitation-expired') return undefined;
    throw error;
  }
  throw new FtteError(
    'config-invalid',
    'invitation: expected one of the coordinator whose key this folder has pinned, got one of another coordinator. To join ' +
      'that one, use another folder',
    { field: 'invitation' },
  );
}

function requireSame(field: string, given: string | undefined, found: string | undefined): void {
  if (given === undefined || found === undefined || given === found) return;
  throw new FtteError(
    'config-invalid',
    `${field}: expected ${found}, which is that of the invitation or of this folder, got ${given}`,
    { field },
  );
}
