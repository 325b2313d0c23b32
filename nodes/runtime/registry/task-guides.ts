import type { SelectionGuide } from '../../../gateway/model';
import { modelKey, type Task } from '../../../gateway/task';

/** What a running coordinator learns, and what gateways choose their plans by. */
export interface Guided {
  /** With the fingerprint of the parameters that version 0 has, where they are not the seed's. */
  readonly task: Task;
  readonly guide: SelectionGuide | undefined;
}

/** The guides of the coordinators that run here, by the task node they coordinate: a dialog ranks as gateways do. */
class TaskGuides {
  private readonly guided = new Map<string, () => Guided>();

  /** @returns ends it */
  add(taskNode: string, now: () => Guided): () => void {
    this.guided.set(taskNode, now);
    return () => {
      if (this.guided.get(taskNode) === now) this.guided.delete(taskNode);
    };
  }

  /** The guide for a task as the editor holds it: that of its node, unless its model was changed since. */
  of(taskNode: unknown, task: Task): SelectionGuide | undefined {
    const running = typeof taskNode === 'string' ? this.guided.get(taskNode)?.() : undefined;
    if (!running) return undefined;
    const same = modelKey({ ...task, initial: running.task.initial }) === modelKey(running.task);
    return same ? running.guide : undefined;
  }
}

export const taskGuides = new TaskGuides();
