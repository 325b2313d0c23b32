import type { Node, NodeAPI } from 'node-red';
import type { ModelChangeChoice } from '../../../gateway/coordinator';
import { FtteError } from '../../../gateway/platform';
import type { Task } from '../../../gateway/task';

/** The config node as `RED.nodes.getNode(config.task)` returns it; `taskNode` gives it. */
export interface TaskNode extends Node {
  /** @throws FtteError `config-invalid` if the task is wrong; the message names the field */
  readonly task: Task;
  /** The choice of its owner for a task that describes another model. */
  readonly modelChange: ModelChangeChoice;
}

/**
 * The task node that a config names.
 * @param id the config's `task` property, as the editor stores it
 * @throws FtteError `config-invalid` if there is none, or it is disabled
 */
export function taskNode(RED: Pick<NodeAPI, 'nodes'>, id: unknown): TaskNode {
  if (typeof id !== 'string' || id === '')
    throw new FtteError('config-invalid', 'task: none is chosen', { field: 'task' });
  const node: unknown = RED.nodes.getNode(id);
  // `node.task` itself throws if the task is wrong.
  if (typeof node !== 'object' || node === null || !('task' in node))
    throw new FtteError('config-invalid', 'task: the chosen node is missing or disabled', { field: 'task' });
  return node as TaskNode;
}
