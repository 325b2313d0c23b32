import type { Node, NodeAPI } from 'node-red';

/** Nodes that are looked at, at most. */
const mostNodes = 100;

/** Whether the wires of a node lead to a node of a type, directly or by way of others. */
export function leadsTo(RED: Pick<NodeAPI, 'nodes'>, node: Pick<Node, 'id'>, type: string): boolean {
  for (const found of nodesBehind(RED, node)) if (found.type === type) return true;
  return false;
}

/** A node and those that its wires lead to, directly or by way of others: the first 100. */
export function* nodesBehind(RED: Pick<NodeAPI, 'nodes'>, node: Pick<Node, 'id'>): Generator<Node> {
  const seen = new Set<string>([node.id]);
  for (const id of seen) {
    if (seen.size > mostNodes) return;
    const found = RED.nodes.getNode(id) as (Node & { wires?: unknown }) | null;
    if (found) yield found;
    for (const next of wiredTo(found)) seen.add(next);
  }
}

function wiredTo(node: { wires?: unknown } | null): string[] {
  const wires = node?.wires;
  if (!Array.isArray(wires)) return [];
  return wires.flat().filter((id) => typeof id === 'string');
}
