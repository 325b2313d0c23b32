import type { Node } from 'node-red';
import type { Status } from '../status/status';
import { nodeError, type Translator } from '../status/translate';
import { type InputHandler, onInput } from './input';

/**
 * Builds a node and listens to its messages. If that fails (a wrong field, a missing federation), the reason is logged once,
 * the status turns red, and every message fails with the reason.
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
