import type { Node } from 'node-red';
import type {
  FederationMemberEntry,
  InvitationSettings,
  OpenInvitation,
  Standing,
} from '../../../gateway/client';
import type { GatewayPolicy, ModelFollower } from '../../../gateway/participant';
import type { RefusedGateway, TransportSession } from '../../../gateway/session';
import type { HostedBroker, TransportState } from '../../../gateway/transport';
import type { OwnSamples } from './own-samples';

/** The members of a federation at its coordinator, which invites gateways. */
export interface FederationMembers {
  /** Of the coordinator's key, to be compared on two screens. */
  readonly fingerprint: string;
  /** All members, revoked ones included. */
  readonly members: FederationMemberEntry[];
  /** The invitations that can be used. */
  readonly invitations: OpenInvitation[];
  /** The address that invitations name if no other is given; undefined if there is none that others could use. */
  readonly address: string | undefined;
  /** @returns the text of the invitation @throws FtteError `config-invalid` naming the setting; `storage` */
  invite(settings: InvitationSettings): Promise<string>;
  /** @throws FtteError `message-invalid` if no such invitation can be used; `storage` */
  withdraw(invitation: string): Promise<void>;
  /** @throws FtteError `message-invalid` if there is no such member; `storage`: it is revoked nevertheless */
  revoke(id: string): Promise<void>;
  /** @throws FtteError as `revoke` */
  readmit(id: string): Promise<void>;
  /** Calls `listener` with the id of each member that is revoked. @returns removes it */
  onRevoked(listener: (id: string) => void): () => void;
}

/** A federation config node for the nodes that use it. */
export interface FederationHandle {
  readonly federation: string;
  readonly gatewayId: string;
  /** The address of the broker. */
  readonly brokerUrl: string;
  /** Draws another id for the next start, if the id was drawn and no key belongs to it. @throws FtteError `storage` */
  renewGatewayId(): void;
  /** Folder of this gateway's state (outbox, samples, checkpoints) under the user directory. */
  readonly folder: string;
  /** The labelled windows of this gateway's train node, for models of its own. */
  readonly ownSamples: OwnSamples;
  /** Limits of this gateway that no task can lower. */
  readonly policy: GatewayPolicy;
  readonly session: TransportSession;
  /** The members of the federation: those that the coordinator here invites, this gateway by an invitation, or whoever reaches the broker. */
  readonly membership: 'invited' | 'invitation' | 'open';
  /** Resolves when keys and members are read, so that a role may begin; never, if they cannot be read. */
  readonly opened: Promise<void>;
  /** The members, once they are read, if the coordinator here invites gateways. */
  readonly members: FederationMembers | undefined;
  /** Whether messages of a gateway count: in an open federation those of all gateways do. */
  counts(gateway: string): boolean;
  /** Calls `listener` with what the coordinator has said about this gateway: now, if it has, and at each change. @returns removes it */
  onStanding(listener: (standing: Standing) => void): () => void;
  /** Calls `listener` for each gateway that is not let in. @returns removes it */
  onRefused(listener: (refused: RefusedGateway) => void): () => void;
  /**
   * Takes bytes that came by a wire of the flow.
   * @throws FtteError `message-invalid`, also in a federation with invitations: such bytes are neither signed nor sealed
   */
  receive(bytes: Uint8Array): void;
  /** The broker that this node hosts, once it listens: to add and remove users, and for what it has refused. */
  readonly hostedBroker: HostedBroker | undefined;
  /** Calls `listener` now and at each change of the connection. @returns removes it */
  onConnection(listener: (state: TransportState, error?: Error) => void): () => void;
  /**
   * The gateway's one copy of the global model, started at the first use and stopped after the last release.
   * Train, predict and window nodes share it. At a deploy the connection waits for the nodes that hold it (or a role) before
   * it closes: release it last.
   */
  acquireFollower(): { follower: ModelFollower; release: () => Promise<void> };
  /**
   * A gateway takes part once, and a federation has one coordinator.
   * @returns releases the role
   * @throws FtteError `config-invalid` naming the node that plays the role
   */
  acquireRole(role: 'participant' | 'coordinator', node: Node): () => void;
}

/** The config node as `RED.nodes.getNode(config.federation)` returns it; `federationOf` is the way to it. */
export interface FederationNode extends Node {
  /** @throws FtteError `config-invalid` if the node cannot work with its settings; the message says why */
  readonly handle: FederationHandle;
}
