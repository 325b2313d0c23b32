import type { NodeAPI, NodeMessage } from 'node-red';

/** A property of a message by its path. Undefined if the message, or a part of the path, does not have it. */
export function messageProperty(RED: Pick<NodeAPI, 'util'>, msg: NodeMessage, path: string): unknown {
  try {
    return RED.util.getMessageProperty(msg, path);
  } catch (error) {
    // Node-RED returns undefined if the last part is missing, and throws if one in the middle is.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
