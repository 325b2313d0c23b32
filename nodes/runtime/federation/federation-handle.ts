import type { Node } from 'node-red';
import type { ModelFollower } from '../../../gateway/participant';
import type { TransportSession } from '../../../gateway/session';
import type { TransportState } from '../../../gateway/transport';

/** What the federation config node offers the nodes that name it. */
export interface FederationHandle {
  readonly federation: string;
  readonly gatewayId: string;
  /** Folder under the user directory where this gateway's state lives: outbox, samples, checkpoints. */
  readonly folder: string;
  readonly session: TransportSession;
  /** Calls `listener` now and on each change of the connection. The result removes it. */
  onConnection(listener: (state: TransportState, error?: Error) => void): () => void;
  /**
   * The gateway's one copy of the global model, started at the first use and stopped after the last release.
   * Train, predict and window nodes share it. Whoever holds it (or a role) is waited for at a deploy before the
   * connection closes: release it last.
   */
  acquireFollower(): { follower: ModelFollower; release: () => Promise<void> };
  /**
   * A gateway takes part once, and a federation has one coordinator: the second node to ask gets an FtteError
   * `config-invalid` naming the first. The result gives the role back.
   */
  acquireRole(role: 'participant' | 'coordinator', node: Node): () => void;
}

/** The config node as `RED.nodes.getNode(config.federation)` returns it; `federationOf` is the way to it. */
export interface FederationNode extends Node {
  /** @throws FtteError `config-invalid` where the node cannot work as it is filled in; the message says why */
  readonly handle: FederationHandle;
}
