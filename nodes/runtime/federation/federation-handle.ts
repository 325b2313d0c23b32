import type { Node } from 'node-red';
import type { GatewayPolicy, ModelFollower } from '../../../gateway/participant';
import type { TransportSession } from '../../../gateway/session';
import type { HostedBroker, TransportState } from '../../../gateway/transport';

/** A federation config node for the nodes that use it. */
export interface FederationHandle {
  readonly federation: string;
  readonly gatewayId: string;
  /** Folder of this gateway's state (outbox, samples, checkpoints) under the user directory. */
  readonly folder: string;
  /** Limits of this gateway that no task can lower. */
  readonly policy: GatewayPolicy;
  readonly session: TransportSession;
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
