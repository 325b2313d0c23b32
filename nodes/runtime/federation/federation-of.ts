import type { NodeAPI } from 'node-red';
import { FtteError } from '../../../gateway/platform';
import type { FederationHandle, FederationNode } from './federation-handle';

/**
 * The handle of the federation node that a config names.
 * @param id the config's `federation` property, as the editor stores it
 * @throws FtteError `config-invalid` if there is none, it is disabled, or it cannot work with its settings
 */
export function federationOf(RED: Pick<NodeAPI, 'nodes'>, id: unknown): FederationHandle {
  if (typeof id !== 'string' || id === '')
    throw new FtteError('config-invalid', 'federation: none is chosen', { field: 'federation' });
  const node: unknown = RED.nodes.getNode(id);
  if (!isFederation(node))
    throw new FtteError('config-invalid', 'federation: the chosen node is missing or disabled', {
      field: 'federation',
    });
  return node.handle;
}

function isFederation(node: unknown): node is FederationNode {
  // `node.handle` itself throws if the node cannot work.
  return typeof node === 'object' && node !== null && 'handle' in node;
}
