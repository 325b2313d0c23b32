import type { Node, NodeAPI } from 'node-red';
import { inBackground } from '../runtime';
import { keptStores } from './kept-stores';

/**
 * Whether a node that closed has gone is known when the flows have started again: then its samples go, from memory and
 * from `storeFile`. Node-RED's own word for it is not enough: it says "removed" of a node that is only disabled, and
 * nothing when one that does not run (on a disabled tab) is deleted.
 */
export function forgetWhenGone(RED: NodeAPI, node: Node, storeFile: string): void {
  const look = () => {
    const kept = keptStores.has(node.id);
    const gone = kept && !isInFlows(RED, node);
    if (kept && !gone) return;
    RED.events.off('flows:started', look);
    if (gone) inBackground(RED, node, () => keptStores.forget(node.id, storeFile));
  };
  RED.events.on('flows:started', look);
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
