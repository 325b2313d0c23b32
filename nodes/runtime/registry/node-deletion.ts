import type { Node, NodeAPI } from 'node-red';
import { inBackground } from '../input/input';
import { Registry } from './registry';

/** The checks that wait for the next start of the flows, by node id. */
const checks = new Registry<string, { cancel(): void }>();

type Events = NodeAPI['events'];
/** The checks at the next start of the flows: in one listener, as Node.js warns of a leak from the eleventh on. */
const starts = new WeakMap<Events, { readonly run: () => void; readonly checks: Set<() => void> }>();

/** Calls `check` at each start of the flows. @returns ends that */
function onStart(events: Events, check: () => void): () => void {
  const checks = starts.get(events)?.checks ?? new Set<() => void>();
  const runAll = () => {
    for (const each of [...checks]) each();
  };
  const run = starts.get(events)?.run ?? runAll;
  starts.set(events, { run, checks });
  checks.add(check);
  events.off('flows:started', run);
  events.on('flows:started', run);
  return () => {
    checks.delete(check);
    if (checks.size === 0) events.off('flows:started', run);
  };
}

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
    stop();
  };
  const remove = checks.set(node.id, { cancel });
  const stop = onStart(RED.events, check);
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
