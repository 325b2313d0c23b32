import type { Node } from 'node-red';
import type { Status } from '../status/status';
import { nodeError, type Translator } from '../status/translate';
import { type InputHandler, onInput } from './input';

/**
 * Builds what a node does and listens with it. Where that fails (a field filled in wrongly, a federation missing),
 * the reason is logged once, the status turns red, and every message gets the reason as its error.
 * @param build returns the handler of messages
 */
export function construct(RED: Translator, node: Node, status: Status, build: () => InputHandler): void {
  let handler: InputHandler;
  try {
    handler = build();
  } catch (error) {
    node.error(nodeError(RED, error));
    status.set('red', 'ring', `${node.type}.status.config`);
    handler = () => {
      throw error;
    };
  }
  onInput(RED, node, handler);
}
