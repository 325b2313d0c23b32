import type { ImportanceScores } from '../../../gateway/model';
import { modelKey, type Task } from '../../../gateway/task';

/** What a running coordinator learns, and what gateways choose their plans by. */
export interface Scored {
  /** With the fingerprint of the parameters that version 0 has, where they are not the seed's. */
  readonly task: Task;
  readonly importance: ImportanceScores | undefined;
}

/** The importance scores of the coordinators that run here, by the task node they coordinate: a dialog ranks as gateways do. */
class TaskScores {
  private readonly coordinated = new Map<string, () => Scored>();

  /** @returns ends it */
  add(taskNode: string, now: () => Scored): () => void {
    this.coordinated.set(taskNode, now);
    return () => {
      if (this.coordinated.get(taskNode) === now) this.coordinated.delete(taskNode);
    };
  }

  /** The importance scores for a task as the editor holds it: that of its node, unless its model was changed since. */
  of(taskNode: unknown, task: Task): ImportanceScores | undefined {
    const running = typeof taskNode === 'string' ? this.coordinated.get(taskNode)?.() : undefined;
    if (!running) return undefined;
    const same = modelKey({ ...task, initial: running.task.initial }) === modelKey(running.task);
    return same ? running.importance : undefined;
  }
}

export const taskScores = new TaskScores();
