import type { Node } from 'node-red';
import { FtteError } from '../../../gateway/platform';
import { outKey } from '../status/look';
import type { NodeReports } from '../status/node-reports';
import { type InputHandler, onInput } from './input';

/**
 * Builds a node and listens to its messages. If that fails (a wrong field, a missing federation), the reason is logged once,
 * the status turns red, and every message fails with the reason.
 * @param build returns the handler of messages
 */
export function construct(node: Node, reports: NodeReports, build: () => InputHandler): void {
  let handler: InputHandler;
  try {
    handler = build();
  } catch (error) {
    reports.logError(error);
    reports.status.set('red', 'ring', statusOf(error));
    handler = () => {
      throw error;
    };
  }
  onInput(node, reports, handler);
}

/** The status of a node that cannot be built: an invitation says what is wrong with it, all else is in the log. */
function statusOf(error: unknown): string {
  const reason = error instanceof FtteError ? error.details['reason'] : undefined;
  return typeof reason === 'string' && reason.startsWith('invitation-') ? outKey(reason) : 'config';
}
