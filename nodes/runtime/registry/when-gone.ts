import type { Node, NodeAPI } from 'node-red';
import { inBackground } from '../input/input';

/** By node id: ends the wait for a node that runs again. */
const waits = new Map<string, () => void>();

/**
 * Does what is to be done when a node that closed is gone for good: its files go with it. Whether it is gone is known
 * when the flows have started again. Node-RED's own word for it is not enough: it says "removed" of a node that is only
 * disabled, and nothing when one that does not run (on a disabled tab) is deleted.
 */
export function onNodeDeleted(RED: NodeAPI, node: Node, forget: () => Promise<void>): void {
  waits.get(node.id)?.();
  const look = () => {
    if (isInFlows(RED, node)) return;
    end();
    inBackground(RED, node, forget);
  };
  const end = () => {
    waits.delete(node.id);
    RED.events.off('flows:started', look);
  };
  waits.set(node.id, end);
  RED.events.on('flows:started', look);
}

/** The node is there again, and will say itself when it closes. */
export function cancelDeletion(node: Pick<Node, 'id'>): void {
  waits.get(node.id)?.();
}

/** A node inside a subflow is in the flows as long as the instance that it belongs to. */
function isInFlows(RED: NodeAPI, node: Node): boolean {
  const wanted = '_alias' in node && node._alias ? node.z : node.id;
  let found = false;
  RED.nodes.eachNode(({ id }) => {
    found ||= id === wanted;
  });
  return found;
}
