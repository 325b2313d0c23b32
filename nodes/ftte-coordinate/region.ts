import type { Node, NodeAPI } from 'node-red';
import { isSameBroker } from '../../gateway/client';
import { FtteError, type Notice } from '../../gateway/platform';
import type { RegionAbove } from '../../gateway/region';
import { ConnectionWatch, type FederationHandle, federationOf, followStanding } from '../runtime';

/** The federation above a region, in which its coordinate node is a gateway. */
export interface JoinedAbove {
  readonly above: RegionAbove;
  /** Resolves when the key of the region is read, so that it may begin. */
  readonly opened: Promise<void>;
  readonly connection: ConnectionWatch;
  /** Says what the coordinator of the federation above has answered to this one. @returns ends that */
  onStanding(say: (notice: Omit<Notice, 'count'>) => void): () => void;
  /** Gives back the role of a gateway and the copy of the model above. Resolves when that copy has stopped, if nobody else uses it. Called last. */
  release(): Promise<void>;
}

/**
 * Takes part in a federation above.
 * @param id of its federation node
 * @param own the federation that is coordinated here
 * @param onChange called when the connection has changed
 * @throws FtteError `config-invalid` naming `above`: the node is missing or cannot work, is that of the same federation, or has
 * another gateway
 */
export function joinAbove(
  RED: NodeAPI,
  node: Node,
  id: string,
  own: FederationHandle,
  onChange: () => void,
): JoinedAbove {
  const handle = asAbove(() => federationOf(RED, id));
  if (handle.federation === own.federation && isSameBroker(handle.brokerUrl, own.brokerUrl))
    throw new FtteError(
      'config-invalid',
      `above: expected another federation than the one that is coordinated here, got "${handle.federation}" at the same broker`,
      { field: 'above' },
    );
  const releaseRole = asAbove(() => handle.acquireRole('participant', node));
  const { follower, release } = handle.acquireFollower();
  const connection = new ConnectionWatch(handle, onChange);
  return {
    above: {
      session: handle.session,
      onConnection: (listener) => handle.onConnection(listener),
      follower,
    },
    opened: handle.opened,
    connection,
    onStanding: (say) =>
      followStanding(handle, {
        refused: (text, reason) =>
          say({
            code: 'join-refused',
            level: 'warning',
            text: `federation above: ${text}`,
            details: { reason },
          }),
        admitted: () =>
          say({
            code: 'join-accepted',
            level: 'info',
            text: 'the federation above has let this gateway in',
          }),
      }),
    release: () => {
      connection.stop();
      releaseRole();
      return release();
    },
  };
}

/** Runs a step whose errors are about the federation above. */
function asAbove<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof FtteError) || error.code !== 'config-invalid') throw error;
    const text = error.message.replace(/^federation: /, '');
    throw new FtteError(
      'config-invalid',
      `above: ${text}`,
      { ...error.details, field: 'above' },
      { cause: error },
    );
  }
}
