import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { Identity, type Invitation, MemberRegistry, makeInvitation } from '../../../../gateway/security';
import {
  CoordinatorProtection,
  type Drop,
  GatewayProtection,
  type MessageProtection,
  plainProtection,
  type RefusedGateway,
  TransportSession,
} from '../../../../gateway/session';
import { MemoryBroker, type MemoryBrokerOptions, MemoryTransport } from '../../../../gateway/transport';
import type { RoleMessageType } from '../../../../gateway/wire';
import { MemoryMembershipStore } from '../../security/federation';
import { seededEntropy } from '../../security/support';

export const federation = 'clinic';
export const hub = 'coordinator';

/** Lets everything happen that needs no time to pass. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Everything that passes the broker. */
export interface Passed {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** A federation over a broker in memory, with one kind of protection on all sides. */
export class ProtectedFederation {
  readonly broker: MemoryBroker;
  readonly clock = new VirtualClock(1_700_000_000_000);
  readonly store = new MemoryMembershipStore();
  readonly passed: Passed[] = [];
  private readonly identities = new Map<string, Identity>();
  private invitation: Invitation | undefined;
  private runs = 1_000;

  constructor(
    readonly kind: 'plain' | 'sealed',
    options: MemoryBrokerOptions = {},
  ) {
    this.broker = new MemoryBroker(options);
  }

  identityOf(id: string): Identity {
    const known = this.identities.get(id) ?? Identity.create(seededEntropy(id));
    this.identities.set(id, known);
    return known;
  }

  /** Lets an outsider with the broker's password read along and publish. */
  async outsider(): Promise<MemoryTransport> {
    const transport = new MemoryTransport(this.broker, { client: 'outsider' });
    transport.open();
    await transport.subscribe('#', ({ topic, payload }) => void this.passed.push({ topic, payload }));
    return transport;
  }

  /** The registry as the next start of the coordinator finds it on disk. */
  async registry(): Promise<MemberRegistry> {
    const { clock, store } = this;
    const coordinator = this.identityOf(hub).publicKey;
    const registry = await MemberRegistry.open({ federation, coordinator, store, clock });
    if (!this.invitation) {
      const content = {
        federation,
        broker: 'mqtt://broker',
        coordinator,
        expiresMs: clock.now() + 1e9,
        uses: 100,
      };
      this.invitation = makeInvitation(content, seededEntropy('invitation'));
      await registry.invite(this.invitation);
    }
    return registry;
  }

  async coordinator(identity = this.identityOf(hub)) {
    const registry = await this.registry();
    const run = this.runs++;
    const refused: RefusedGateway[] = [];
    const protection = new CoordinatorProtection({
      id: hub,
      identity,
      federation,
      term: 1,
      run,
      registry,
      onRefused: (gateway) => void refused.push(gateway),
    });
    return {
      refused,
      ...this.connect(hub, this.kind === 'plain' ? plainProtection : protection),
      registry,
      protection,
    };
  }

  gateway(
    id: string,
    {
      invited = true,
      identity = this.identityOf(id),
      pinned = this.identityOf(hub),
      invitation = this.invitation,
    } = {},
  ) {
    const standings: string[] = [];
    const protection = new GatewayProtection({
      identity,
      federation,
      gateway: id,
      coordinator: pinned.publicKey,
      run: this.runs++,
      ...(invited && invitation && { invitation }),
      onStanding: (standing) => void standings.push(standing),
    });
    return {
      standings,
      ...this.connect(id, this.kind === 'plain' ? plainProtection : protection),
      protection,
    };
  }

  private connect(id: string, protection: MessageProtection) {
    const { broker, clock } = this;
    const random = new SeededRandom(this.runs);
    const instance = random.hex(8);
    const will = protection.protectWill(TransportSession.will(federation, id, instance));
    const transport = new MemoryTransport(broker, { client: id, will });
    const session = new TransportSession({ transport, federation, id, instance, clock, random, protection });
    const drops: Drop[] = [];
    session.onDrop((drop) => void drops.push(drop));
    const seen: string[] = [];
    const note = async (...types: RoleMessageType[]) => {
      for (const type of types)
        await session.subscribe(type, (message) => {
          const detail =
            'version' in message ? ` ${message.version}` : 'online' in message ? ` ${message.online}` : '';
          seen.push(`${message.type}${detail} of ${message.sender}`);
        });
    };
    session.start();
    transport.open();
    return { session, transport, drops, seen, note };
  }
}
