import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';

/**
 * Where a node's state lives: `<userDir>/ftte/<node id>/...parts`. Node ids are stable over deploys and restarts,
 * inside subflows too. Nothing is made here; whoever writes makes the folder.
 */
export function userFolder(
  RED: Pick<NodeAPI, 'settings'>,
  node: Pick<Node, 'id'>,
  ...parts: string[]
): string {
  const userDir: unknown = RED.settings.userDir;
  // An embedding application may run Node-RED without a user directory.
  const base = typeof userDir === 'string' && userDir !== '' ? userDir : join(homedir(), '.node-red');
  // Ids of hand-written flows may hold anything.
  return join(base, 'ftte', node.id.replace(/[^\w.-]/g, '_').replace(/^\.+/, '_'), ...parts);
}
