import type { NodeAPI, NodeMessage } from 'node-red';

/** A property of a message by its path; undefined if the message, or a part of it on the way, does not have it. */
export function messageProperty(RED: Pick<NodeAPI, 'util'>, msg: NodeMessage, path: string): unknown {
  try {
    return RED.util.getMessageProperty(msg, path);
  } catch (error) {
    // Node-RED gives undefined for a last part that is missing, and throws for one in the middle.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
