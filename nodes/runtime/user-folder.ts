import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';

/**
 * Folder of a node's state: `<userDir>/ftte/<node id>/...parts`. Node ids are stable over deploys and restarts, inside
 * subflows too. The code that writes into the folder makes it.
 */
export function userFolder(
  RED: Pick<NodeAPI, 'settings'>,
  node: Pick<Node, 'id'>,
  ...parts: string[]
): string {
  const userDir: unknown = RED.settings.userDir;
  // An embedding application may run Node-RED without a user directory.
  const base = typeof userDir === 'string' && userDir !== '' ? userDir : join(homedir(), '.node-red');
  // The ids of a flow that a person wrote may hold anything.
  return join(base, 'ftte', node.id.replace(/[^\w.-]/g, '_').replace(/^\.+/, '_'), ...parts);
}
