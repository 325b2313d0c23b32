import type { Node, NodeAPI } from 'node-red';
import { FtteError } from '../../../gateway/platform';
import type { Task } from '../../../gateway/task';

/** The config node as `RED.nodes.getNode(config.task)` returns it; `taskOfNode` is the way to it. */
export interface TaskNode extends Node {
  /** @throws FtteError `config-invalid` where the task is not right; the message names the field */
  readonly task: Task;
}

/**
 * The task of the task node that a config names.
 * @param id the config's `task` property, as the editor stores it
 * @throws FtteError `config-invalid` where there is none, it is disabled, or it is not right as it is filled in
 */
export function taskOfNode(RED: Pick<NodeAPI, 'nodes'>, id: unknown): Task {
  if (typeof id !== 'string' || id === '')
    throw new FtteError('config-invalid', 'task: none is chosen', { field: 'task' });
  const node: unknown = RED.nodes.getNode(id);
  // Not `node.task`: reading it throws where the task is not right.
  if (typeof node !== 'object' || node === null || !('task' in node))
    throw new FtteError('config-invalid', 'task: the chosen node is missing or disabled', { field: 'task' });
  return (node as TaskNode).task;
}
