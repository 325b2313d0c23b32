import type { Node } from 'node-red';
import type { Log } from '../../../gateway/platform';

/** Node-RED's logger of a node, as the rooms below want it. */
export function nodeLog(node: Node): Log {
  return {
    info: (text) => node.log(text),
    warn: (text) => node.warn(text),
    error: (text) => node.error(text),
    debug: (text) => node.debug(text),
  };
}
