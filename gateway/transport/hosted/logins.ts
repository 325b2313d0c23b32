import type { Clock } from '../../platform';
import type { BrokerUsers } from './broker-users';
import { digestOf, sameDigest } from './digest-of';
import { LoginPauses } from './login-pauses';
import { type MemberRole, TopicRights } from './topic-rights';

/** A user name and its password. */
export interface Credential {
  readonly username: string;
  readonly password: string;
}

/** The user that a client is, and its rights. */
export interface Member {
  readonly name: string;
  /**
   * `owner`: the process that hosts the broker. `shared`: whoever has the one password for all. `anyone`: no password is
   * needed. `one`: a user of its own, for one gateway or a coordinator.
   */
  readonly kind: 'owner' | 'shared' | 'anyone' | 'one';
  /** It stands for one gateway, which has limits of its own. */
  readonly isGateway: boolean;
  readonly rights: TopicRights;
}

/** Users that are not in the file: the members of a federation, which its coordinator knows. */
export interface MemberLogins {
  /** The gateway of a user name and its password. Undefined for everybody else. It answers at once. */
  find(username: string, password: string): Extract<MemberRole, { kind: 'gateway' }> | undefined;
}

/** The name of a member among the users: it has one, whatever invitation it logs in with. */
export const memberName = ({
  federation,
  gateway,
}: {
  readonly federation: string;
  readonly gateway: string;
}): string => `${federation}/${gateway}`;

/** `paused`: too many wrong passwords before. `busy`: too many passwords are being checked. */
export type LoginRefusal = 'credentials' | 'paused' | 'busy';

export interface LoginsOptions {
  readonly owner: Credential;
  /** One password for all. */
  readonly shared: Credential | undefined;
  readonly users: BrokerUsers;
  /** Only this machine can reach the broker, so that it needs no password if it has none. */
  readonly isLocal: boolean;
  readonly clock: Clock;
}

/** Decides who a client is by its user name and password. */
export class Logins {
  private readonly pauses: LoginPauses;
  private readonly members = new Set<MemberLogins>();
  /** Addresses and users whose password is being checked: guesses side by side would all be checked before the first pause. */
  private readonly checking = new Set<string>();
  private readonly known: readonly {
    readonly username: string;
    readonly digest: Buffer;
    readonly member: Member;
  }[];

  constructor(private readonly options: LoginsOptions) {
    this.pauses = new LoginPauses(options.clock);
    const one = ({ username, password }: Credential, kind: 'owner' | 'shared') => ({
      username,
      digest: digestOf(password),
      member: { name: username, kind, isGateway: false, rights: TopicRights.all },
    });
    this.known = [one(options.owner, 'owner'), ...(options.shared ? [one(options.shared, 'shared')] : [])];
  }

  /** Lets members of a federation in from now on. Nobody gets in without a password any more. @returns ends that */
  add(members: MemberLogins): () => void {
    this.members.add(members);
    return () => this.members.delete(members);
  }

  /** @param address under which wrong passwords are counted */
  async check(
    username: string | undefined,
    password: Uint8Array | undefined,
    address: string,
  ): Promise<Member | LoginRefusal> {
    const name = username ?? '';
    if (this.pauses.isPaused(address, name)) return 'paused';
    const key = `${address} ${name}`;
    if (this.checking.has(key)) return 'busy';
    this.checking.add(key);
    const found = await this.find(name, password ?? new Uint8Array(0)).finally(() =>
      this.checking.delete(key),
    );
    if (found === 'busy') return found;
    if (found === 'credentials') this.pauses.failed(address, name);
    else this.pauses.succeeded(address, name);
    return found;
  }

  private async find(name: string, password: Uint8Array): Promise<Member | 'credentials' | 'busy'> {
    const { users, shared, isLocal } = this.options;
    const digest = digestOf(password);
    const own = this.known.find(({ username }) => username === name);
    if (own) return sameDigest(own.digest, digest) ? own.member : 'credentials';
    const text = Buffer.from(password).toString('utf8');
    for (const members of this.members) {
      const role = members.find(name, text);
      if (role) return { name: memberName(role), kind: 'one', isGateway: true, rights: TopicRights.of(role) };
    }
    const verdict = await users.verify(name, password);
    if (verdict === 'busy') return verdict;
    const user = users.find(name);
    if (verdict === 'right' && user)
      return {
        name,
        kind: 'one',
        isGateway: user.role.kind === 'gateway',
        rights: TopicRights.of(user.role),
      };
    const isOpen = isLocal && !shared && users.size === 0 && this.members.size === 0;
    return isOpen ? { name: '', kind: 'anyone', isGateway: false, rights: TopicRights.all } : 'credentials';
  }
}
