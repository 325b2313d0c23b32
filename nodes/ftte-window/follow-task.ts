import type { Node, NodeAPI } from 'node-red';
import type { ModelFollower } from '../../gateway/participant';
import { type Task, taskSampleRows } from '../../gateway/task';
import { ConnectionWatch, federationOf, onClose } from '../runtime';

export interface TaskListener {
  /** Called with the task of the federation: at once if it is known, and each time it comes with another shape. */
  readonly onTask: (task: Task) => void;
  /** Called at once, and at each change. */
  readonly onConnection: (connection: Pick<ConnectionWatch, 'online' | 'fault'>) => void;
}

/** The federation whose task is followed. */
export interface FollowedTask {
  readonly federation: string;
  /** The gateway's copy of the model, for its status. */
  readonly follower: Pick<ModelFollower, 'refusal'>;
}

/**
 * Follows the task of a federation until the node closes.
 * @throws FtteError `config-invalid` without a federation
 */
export function followTask(
  RED: NodeAPI,
  node: Node,
  federation: string,
  listener: TaskListener,
): FollowedTask {
  const handle = federationOf(RED, federation);
  const { follower, release } = handle.acquireFollower();
  let known = '';
  const take = (task: Task) => {
    const shape = JSON.stringify([task.kind, task.input, task.labels, taskSampleRows(task)]);
    if (shape === known) return;
    known = shape;
    listener.onTask(task);
  };
  const off = follower.on('task', ({ task }) => take(task));
  if (follower.task) take(follower.task);
  const connection = new ConnectionWatch(handle, () => listener.onConnection(connection));
  listener.onConnection(connection);
  onClose(node, async () => {
    off();
    connection.stop();
    await release();
  });
  return { federation: handle.federation, follower };
}
