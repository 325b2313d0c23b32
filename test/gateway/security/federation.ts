import { VirtualClock } from '../../../gateway/platform';
import {
  CoordinatorPairing,
  type Entropy,
  GatewayPairing,
  GroupReceiver,
  GroupSender,
  Identity,
  type Invitation,
  MemberRegistry,
  type MembershipChanges,
  type MembershipStore,
  makeInvitation,
  proveInvitation,
} from '../../../gateway/security';
import { seededEntropy } from './support';

export const federation = 'clinic';
export const topics = {
  claim: 'ftte/v2/clinic/all/claim',
  task: 'ftte/v2/clinic/all/task',
  patch: 'ftte/v2/clinic/all/patch',
  hello: (id: string) => `ftte/v2/clinic/gw/${id}/hello`,
  update: (id: string) => `ftte/v2/clinic/gw/${id}/update`,
  ready: (id: string) => `ftte/v2/clinic/gw/${id}/ready`,
  ack: (id: string) => `ftte/v2/clinic/to/${id}/ack`,
};

/** Membership in memory, with a disk that can fail. */
export class MemoryMembershipStore implements MembershipStore {
  readonly members = new Map<string, NonNullable<MembershipChanges['members']>[number]>();
  readonly invitations = new Map<string, NonNullable<MembershipChanges['invitations']>[number]>();
  /** Thrown by the next `save`. */
  failure: Error | undefined;
  saves = 0;

  load() {
    return Promise.resolve({
      members: [...this.members.values()],
      invitations: [...this.invitations.values()],
    });
  }

  async save({ members = [], invitations = [] }: MembershipChanges): Promise<void> {
    const { failure } = this;
    this.failure = undefined;
    await Promise.resolve();
    if (failure) throw failure;
    this.saves++;
    for (const member of members) this.members.set(member.id, member);
    for (const invitation of invitations) this.invitations.set(invitation.id, invitation);
  }
}

/** A coordinator as far as this room goes. */
export async function makeCoordinator(
  name = 'coordinator',
  store = new MemoryMembershipStore(),
  run = 1_000,
) {
  const entropy = seededEntropy(`${name} ${run}`);
  const identity = Identity.create(seededEntropy(name));
  const clock = new VirtualClock(1_700_000_000_000);
  const pairing = new CoordinatorPairing({ identity, federation, term: 1, run, entropy });
  const group = new GroupSender({ identity, federation, epoch: run, entropy });
  const registry = await MemberRegistry.open({ federation, coordinator: identity.publicKey, store, clock });
  const invite = async (more: Partial<Parameters<typeof makeInvitation>[0]> = {}): Promise<Invitation> => {
    const content = {
      federation,
      broker: 'mqtts://broker.example:8883',
      coordinator: identity.publicKey,
      expiresMs: clock.now() + 86_400_000,
      uses: 1,
      ...more,
    };
    const invitation = makeInvitation(content, entropy);
    await registry.invite(invitation, 'for a test');
    return invitation;
  };
  const claim = () => pairing.claim(topics.claim, new Uint8Array([1]));
  return { identity, clock, pairing, group, registry, store, entropy, invite, claim };
}

export type TestCoordinator = Awaited<ReturnType<typeof makeCoordinator>>;

/** A gateway as far as this room goes. */
export function makeGateway(
  id: string,
  coordinator: Pick<TestCoordinator, 'identity'>,
  {
    run = 2_000,
    identity = Identity.create(seededEntropy(id)),
    entropy = seededEntropy(`${id} ${run}`) as Entropy,
  } = {},
) {
  const pinned = coordinator.identity.publicKey;
  const pairing = new GatewayPairing({
    identity,
    federation,
    gateway: id,
    coordinator: pinned,
    run,
    entropy,
  });
  const group = new GroupReceiver(federation, pinned);
  const prove = (invitation: Invitation) =>
    proveInvitation(invitation, { federation, gateway: id, key: identity.publicKey, coordinator: pinned });
  const hello = (invitation?: Invitation) =>
    pairing.hello(topics.hello(id), new Uint8Array([2]), invitation && prove(invitation));
  return { id, identity, pairing, group, prove, hello };
}

export type TestGateway = ReturnType<typeof makeGateway>;

/** The gateway receives the claim and joins, or comes back. @returns the coordinator's side of the pair */
export async function meet(coordinator: TestCoordinator, gateway: TestGateway, invitation?: Invitation) {
  gateway.pairing.takeClaim(topics.claim, coordinator.claim());
  return greet(coordinator, gateway.id, gateway.hello(invitation));
}

/** The coordinator receives a hello. */
export async function greet(coordinator: TestCoordinator, id: string, bytes: Uint8Array) {
  const hello = coordinator.pairing.readHello(topics.hello(id), id, bytes);
  const { joined, member } = await coordinator.registry.admit(hello);
  return { pair: coordinator.pairing.pairWith(hello), joined, member };
}
