import type { Node, NodeAPI } from 'node-red';
import { nodesBehind } from './leads-to';

const event = 'ftte-source-ended';

/** Reports to the nodes behind a source of readings that it has ended by itself, so that they do not miss its readings. */
export function reportSourceEnd(RED: Pick<NodeAPI, 'nodes'>, source: Node): void {
  for (const node of nodesBehind(RED, source)) node.emit(event);
}

/** Calls `listener` when a source before this node has ended by itself. */
export function onSourceEnd(node: Node, listener: () => void): void {
  node.on(event as 'close', listener);
}
