import type { Node, NodeAPI } from 'node-red';

/** Nodes that are looked at, at most. */
const mostNodes = 100;

/** Whether the wires of a node lead to a node of a type, directly or by way of others. */
export function leadsTo(RED: Pick<NodeAPI, 'nodes'>, node: Pick<Node, 'id'>, type: string): boolean {
  const seen = new Set<string>([node.id]);
  for (const id of seen) {
    if (seen.size > mostNodes) return false;
    const found = RED.nodes.getNode(id) as (Node & { wires?: unknown }) | null;
    if (found && found.type === type) return true;
    for (const next of wiredTo(found)) seen.add(next);
  }
  return false;
}

function wiredTo(node: { wires?: unknown } | null): string[] {
  const wires = node?.wires;
  if (!Array.isArray(wires)) return [];
  return wires.flat().filter((id) => typeof id === 'string');
}
