import { join } from 'node:path';
import {
  type Clock,
  describeValue,
  FolderLock,
  FtteError,
  type Random,
  systemRandom,
  type Timer,
} from '../../platform';
import {
  beginRun,
  type InvitationRecord,
  invitationText,
  MemberRegistry,
  MembershipFile,
  makeInvitation,
  mostUses,
  openIdentity,
  SecurityError,
} from '../../security';
import { CoordinatorProtection, type RefusedGateway, requireName } from '../../session';
import type { HostedBroker } from '../../transport';
import { type BrokerAddress, checkAddress } from './broker-address';
import { lifeMs } from './invitation-life';

/** Options of `coordinator.invite`. */
export interface InvitationSettings {
  /** Gateways that may join with it. Default 1. */
  readonly uses?: number;
  /** Its end: a time, or a span from now such as `48h` or `7d`. Default `7d`. */
  readonly expires?: Date | string;
  /** The id that the gateway gets. Default: the gateway makes one from its key. */
  readonly id?: string;
  /** For people: for whom it is. */
  readonly note?: string;
  /** The address at which the gateway reaches the broker. Default: the broker of the coordinator, if others can reach it. */
  readonly broker?: string;
}

/** A member as `coordinator.members` lists it. */
export interface FederationMemberEntry {
  readonly id: string;
  /** Of its key, to be compared on two screens: `8Q2M-V5TA-91KX-7RWC`. */
  readonly fingerprint: string;
  readonly joined: Date;
  /** Its newest hello. */
  readonly lastSeen: Date;
  readonly note: string;
  /** Its messages do not count since this time. */
  readonly revoked?: Date;
}

/** An invitation that can be used, as `coordinator.invitations` lists it. */
export interface OpenInvitation {
  /** Names it: 16 hexadecimal digits. The text of an invitation cannot be shown again. */
  readonly invitation: string;
  readonly made: Date;
  readonly expires: Date;
  readonly uses: number;
  readonly usesLeft: number;
  readonly note: string;
  /** The id that its gateway gets. */
  readonly id?: string;
}

/** Options of `CoordinatorMembership.open`. */
export interface CoordinatorMembershipOptions {
  /** The folder of the coordinator. */
  readonly folder: string;
  readonly federation: string;
  readonly id: string;
  readonly clock: Clock;
  readonly random?: Random;
  readonly onRefused: (refused: RefusedGateway) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Pause between two writes of when members were seen. */
const flushMs = 60_000;
/** A member that is revoked keeps its connection for this time, in which it learns why. */
const farewellMs = 1_000;
const mostNote = 200;

/** The files of a coordinator that invites. */
export const coordinatorFiles = (folder: string) => ({
  key: join(folder, 'security', 'coordinator.key'),
  members: join(folder, 'security', 'members.bin'),
  run: join(folder, 'security', 'run'),
  lock: join(folder, 'security', 'lock'),
});

/** Whether a coordinator has members by invitation in this folder. @throws FtteError `storage` */
export const hasMembers = (folder: string): Promise<boolean> =>
  new MembershipFile(coordinatorFiles(folder).members).exists();

/** The members of a federation to which gateways are invited: keys, registry and protection, kept in the folder. */
export class CoordinatorMembership {
  private readonly farewells = new Set<Timer>();
  private timer: Timer | undefined;
  private broker: HostedBroker | undefined;

  private constructor(
    private readonly options: CoordinatorMembershipOptions,
    private readonly lock: FolderLock,
    private readonly registry: MemberRegistry,
    readonly protection: CoordinatorProtection,
    /** Of the coordinator's key, to be compared on two screens. */
    readonly fingerprint: string,
  ) {
    this.flushLater();
  }

  /**
   * @throws SecurityError for a key or a membership that is lost or damaged; FtteError `storage`, also if another process
   * uses the folder
   */
  static async open(options: CoordinatorMembershipOptions): Promise<CoordinatorMembership> {
    const { folder, clock, random = systemRandom(), onProblem } = options;
    const lock = new FolderLock(coordinatorFiles(folder).lock, { clock, random, onLost: onProblem });
    await lock.acquire();
    try {
      return await CoordinatorMembership.openLocked(options, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private static async openLocked(options: CoordinatorMembershipOptions, lock: FolderLock) {
    const { folder, federation, id, clock, onRefused } = options;
    const paths = coordinatorFiles(folder);
    const store = new MembershipFile(paths.members);
    const found = await store.exists();
    const { members, invitations } = await store.load();
    const mustExist = members.length > 0 || invitations.length > 0;
    const { identity, made } = await openIdentity({ path: paths.key, role: 'coordinator', mustExist });
    if (!found && !made)
      throw new SecurityError(
        'membership-lost',
        `the file of the members, ${paths.members}, is gone. Put it back from a backup. To begin with no members, remove ` +
          `${paths.key}, too: all gateways then have to be invited again`,
        { path: paths.members },
      );
    if (!found) await store.save({});
    const run = await beginRun(paths.run, clock.now());
    const coordinator = identity.publicKey;
    const registry = await MemberRegistry.open({ federation, coordinator, store, clock });
    const protection = new CoordinatorProtection({
      id,
      identity,
      federation,
      // The least: a claim names the term of the lease.
      term: 1,
      run,
      registry,
      onRefused,
    });
    return new CoordinatorMembership(options, lock, registry, protection, identity.fingerprint);
  }

  /** Lets members log in at a broker that this process hosts, each with the rights of its own topics (P-34). @returns ends that */
  serve(broker: HostedBroker): () => void {
    this.broker = broker;
    const { federation } = this.options;
    const end = broker.admit({
      find: (username, password) => {
        const gateway = this.registry.brokerUser(username, password);
        return gateway === undefined ? undefined : { kind: 'gateway', federation, gateway };
      },
    });
    return () => {
      this.broker = undefined;
      end();
    };
  }

  /** Whether messages of a gateway count. */
  counts(gateway: string): boolean {
    const member = this.registry.member(gateway);
    return member !== undefined && member.revokedMs === undefined;
  }

  /**
   * Makes an invitation. It is on disk when its text is returned.
   * @throws FtteError `config-invalid` naming the setting; `storage`
   */
  async invite(settings: InvitationSettings, address: BrokerAddress): Promise<string> {
    const { uses = 1, expires = '7d', id, note = '' } = settings;
    if (typeof uses !== 'number' || !Number.isInteger(uses) || uses < 1 || uses > mostUses)
      throw invalid('uses', `a whole number from 1 to ${mostUses}`, uses);
    if (id !== undefined) requireName('id', id);
    if (id !== undefined && uses > 1) throw invalid('id', 'no id if the invitation has several uses', id);
    // A list of members is one line for each, also on a terminal.
    if (typeof note !== 'string' || note.length > mostNote || /\p{Cc}/u.test(note))
      throw invalid('note', `one line of at most ${mostNote} characters`, note);
    checkAddress(address);
    const now = this.options.clock.now();
    const expiresMs = now + lifeMs(expires, now);
    const { federation } = this.options;
    const coordinator = this.protection.key;
    const invitation = makeInvitation({
      ...address,
      federation,
      coordinator,
      expiresMs,
      uses,
      ...(id !== undefined && { suggestedId: id }),
    });
    await this.registry.invite(invitation, note);
    return invitationText(invitation);
  }

  get members(): FederationMemberEntry[] {
    return this.registry.members.map(({ id, key, sinceMs, lastSeenMs, note, revokedMs }) => ({
      id,
      fingerprint: key.fingerprint,
      joined: new Date(sinceMs),
      lastSeen: new Date(lastSeenMs),
      note,
      ...(revokedMs !== undefined && { revoked: new Date(revokedMs) }),
    }));
  }

  /** The invitations that can be used. */
  get invitations(): OpenInvitation[] {
    const now = this.options.clock.now();
    return this.registry.invitations
      .filter(({ usesLeft, expiresMs }) => usesLeft > 0 && expiresMs > now)
      .map(openInvitation);
  }

  /** Ends an invitation: nobody joins with it any more. @throws FtteError `message-invalid` if none is open; `storage` */
  async withdraw(invitation: string): Promise<void> {
    if (!this.invitations.some((one) => one.invitation === invitation))
      throw new FtteError(
        'message-invalid',
        `invitation: expected one that can be used, got ${describeValue(invitation)}: it was used, withdrawn or has expired`,
        { field: 'invitation' },
      );
    await this.registry.withdraw(invitation);
  }

  /** @throws SecurityError `not-a-member`; FtteError `storage`: it is revoked nevertheless */
  async revoke(id: string): Promise<void> {
    const revoked = this.protection.revoke(id);
    if (this.broker && this.registry.member(id)?.revokedMs !== undefined) this.dismissSoon(id);
    await revoked;
  }

  /** @throws SecurityError `not-a-member`; FtteError `storage` */
  async readmit(id: string): Promise<void> {
    await this.registry.readmit(id);
  }

  /** Writes what has changed. Never rejects. */
  async close(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    for (const farewell of this.farewells) farewell.cancel();
    this.farewells.clear();
    await this.flush();
    await this.lock.release();
  }

  private dismissSoon(id: string): void {
    const { federation, clock, onProblem } = this.options;
    const farewell = clock.after(farewellMs, () => {
      this.farewells.delete(farewell);
      // It may have been readmitted meanwhile.
      if (!this.counts(id)) this.broker?.dismiss(federation, id).catch(onProblem);
    });
    this.farewells.add(farewell);
  }

  private async flush(): Promise<void> {
    await this.registry.flush().catch((error) => this.options.onProblem(error));
  }

  private flushLater(): void {
    this.timer = this.options.clock.after(flushMs, () => {
      void this.flush();
      this.flushLater();
    });
  }
}

function openInvitation(record: InvitationRecord): OpenInvitation {
  const { id, madeMs, expiresMs, uses, usesLeft, note, suggestedId } = record;
  return {
    invitation: id,
    made: new Date(madeMs),
    expires: new Date(expiresMs),
    uses,
    usesLeft,
    note,
    ...(suggestedId !== undefined && { id: suggestedId }),
  };
}

function invalid(field: string, expected: string, value: unknown): FtteError {
  return new FtteError('config-invalid', `${field}: expected ${expected}, got ${describeValue(value)}`, {
    field,
  });
}
