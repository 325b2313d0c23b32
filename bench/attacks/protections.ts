import { systemClock } from '../../gateway/platform';
import {
  Identity,
  type Invitation,
  MemberRegistry,
  type MembershipStore,
  makeInvitation,
} from '../../gateway/security';
import { CoordinatorProtection, GatewayProtection, type MessageProtection } from '../../gateway/session';

/** Messages as they are today, or signed and sealed. */
export type Form = 'plain' | 'protected';

/** Options of `Protections`. */
export interface ProtectionsOptions {
  readonly federation: string;
  readonly coordinatorId: string;
  /** Receives each message that leaves, before it is sealed. */
  readonly onPlain: (topic: string, bytes: Uint8Array) => void;
}

/** The protection of each member of one federation. Its members survive restarts of the coordinator. */
export class Protections {
  private readonly identities = new Map<string, Identity>();
  private runs = 1;

  private constructor(
    private readonly options: ProtectionsOptions,
    private readonly coordinator: Identity,
    private readonly store: MembershipStore,
    private readonly invitation: Invitation,
  ) {}

  static async create(options: ProtectionsOptions): Promise<Protections> {
    const coordinator = Identity.create();
    const invitation = makeInvitation({
      federation: options.federation,
      broker: 'mqtt://127.0.0.1',
      coordinator: coordinator.publicKey,
      expiresMs: systemClock.now() + 3_600_000,
      // Two gateways, and a member that turns hostile.
      uses: 3,
    });
    const protections = new Protections(options, coordinator, storeInMemory(), invitation);
    await (await protections.registry()).invite(invitation);
    return protections;
  }

  /** A new start of one member. */
  async of(id: string): Promise<MessageProtection> {
    const { federation, coordinatorId } = this.options;
    const run = this.runs++;
    if (id === coordinatorId) {
      const registry = await this.registry();
      const options = { id, identity: this.coordinator, federation, term: 1, run, registry };
      return this.recorded(new CoordinatorProtection(options));
    }
    const identity = this.identities.get(id) ?? Identity.create();
    this.identities.set(id, identity);
    const { invitation } = this;
    const coordinator = this.coordinator.publicKey;
    return this.recorded(
      new GatewayProtection({ identity, federation, gateway: id, coordinator, run, invitation }),
    );
  }

  private registry(): Promise<MemberRegistry> {
    const { store, coordinator, options } = this;
    const { federation } = options;
    return MemberRegistry.open({
      federation,
      coordinator: coordinator.publicKey,
      store,
      clock: systemClock,
    });
  }

  private recorded(protection: MessageProtection): MessageProtection {
    const { onPlain } = this.options;
    return {
      overheadBytes: protection.overheadBytes,
      get updateCounter() {
        return protection.updateCounter;
      },
      hasMembers: protection.hasMembers,
      admission: () => protection.admission(),
      countUpdates: (next) => protection.countUpdates(next),
      protectWill: (will) => protection.protectWill(will),
      start: (link) => protection.start(link),
      stop: () => protection.stop(),
      open: (delivery) => protection.open(delivery),
      protect: (topic, bytes) => {
        onPlain(topic, Uint8Array.from(bytes));
        return protection.protect(topic, bytes);
      },
    };
  }
}

function storeInMemory(): MembershipStore {
  const members = new Map();
  const invitations = new Map();
  return {
    load: async () => ({ members: [...members.values()], invitations: [...invitations.values()] }),
    save: async (changes) => {
      for (const record of changes.members ?? []) members.set(record.id, record);
      for (const record of changes.invitations ?? []) invitations.set(record.id, record);
    },
  };
}
