import type { Node } from 'node-red';
import type { Log } from '../../../gateway/platform';

/** A node's logger in the form of the rooms below. */
export function nodeLog(node: Node): Log {
  return {
    info: (text) => node.log(text),
    warn: (text) => node.warn(text),
    error: (text) => node.error(text),
    debug: (text) => node.debug(text),
  };
}
