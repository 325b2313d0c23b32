import type { Node, NodeAPI } from 'node-red';
import type { SampleStore } from '../../gateway/stream';
import { cancelDeletion, onNodeDeleted, RetainedStores } from '../runtime';

const retained = new RetainedStores();

/**
 * Keeps the held-out windows of a node that closes, in memory, for a deploy of modified nodes: the nodes that feed them may
 * not feed them again. Every other deploy restarts those nodes, too, so the windows are dropped.
 */
export function retainHeldOut(RED: NodeAPI, node: Node, store: SampleStore): void {
  retained.retain(node.id, store);
  const forget = () => retained.forget(node.id);
  RED.events.once('flows:starting', ({ type }: { type?: string } = {}) => {
    if (type !== 'nodes') void forget();
  });
  onNodeDeleted(RED, node, forget);
}

/** Takes the windows that were kept for a node that runs again. */
export function takeHeldOut(node: Node): SampleStore | undefined {
  cancelDeletion(node);
  return retained.take(node.id);
}
