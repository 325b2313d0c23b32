/* Why a role does not run, as far as the editor knows. */
import { text } from './words.mjs';

const RED = window.RED;

/** The reason that a person can do something about first. @param id of the node of the role */
export function standstillOf(id) {
  const node = RED.nodes.node(id);
  if (!node) return text('notRunning.removed');
  if (node.d || RED.nodes.workspace(node.z)?.disabled) return text('notRunning.disabled');
  const { fill, text: status } = node.status ?? {};
  return fill === 'red' && status ? text('notRunning.fault', { status }) : text('notRunning.deploy');
}
