import type { Node, NodeAPI } from 'node-red';
import { inBackground } from '../input/input';
import { Registry } from './registry';

/** The checks that wait for the next start of the flows, by node id. */
const checks = new Registry<string, { cancel(): void }>();

/**
 * Calls `forget` if a node that has closed is not in the flows when they have started again: its files go with it.
 * Node-RED's own `removed` does not say that: it is set for a node that is only disabled, and a node on a disabled tab
 * is deleted without it.
 */
export function onNodeDeleted(RED: NodeAPI, node: Node, forget: () => Promise<void>): void {
  checks.get(node.id)?.cancel();
  const check = () => {
    if (isInFlows(RED, node)) return;
    cancel();
    inBackground(RED, node, forget);
  };
  const cancel = () => {
    remove();
    RED.events.off('flows:started', check);
  };
  const remove = checks.set(node.id, { cancel });
  RED.events.on('flows:started', check);
}

/** Ends the check of a node that runs again. */
export function cancelDeletion(node: Pick<Node, 'id'>): void {
  checks.get(node.id)?.cancel();
}

/** A node inside a subflow is in the flows as long as the instance that it belongs to. */
function isInFlows(RED: NodeAPI, node: Node): boolean {
  const place = '_alias' in node && node._alias ? node.z : node.id;
  let found = false;
  RED.nodes.eachNode(({ id }) => {
    found ||= id === place;
  });
  return found;
}
