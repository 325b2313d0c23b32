import type { ImportanceScores } from '../../../gateway/model';
import { modelKey, type Task } from '../../../gateway/task';
import { Registry } from './registry';

/** The task of a running coordinator, and the scores by which gateways choose their plans. */
export interface Scored {
  /** With the fingerprint of version 0, if that does not start from the seed. */
  readonly task: Task;
  readonly importance: ImportanceScores | undefined;
}

/** The importance scores of the coordinators that run here, by task node, so that a dialog ranks as gateways do. */
class TaskScores {
  private readonly coordinated = new Registry<string, () => Scored>();

  /** @returns removes it */
  add(taskNode: string, now: () => Scored): () => void {
    return this.coordinated.set(taskNode, now);
  }

  /** The scores for a task of the editor: those of its node, unless its model has changed since. */
  of(taskNode: unknown, task: Task): ImportanceScores | undefined {
    const running = typeof taskNode === 'string' ? this.coordinated.get(taskNode)?.() : undefined;
    if (!running) return undefined;
    const same = modelKey({ ...task, initial: running.task.initial }) === modelKey(running.task);
    return same ? running.importance : undefined;
  }
}

export const taskScores = new TaskScores();
