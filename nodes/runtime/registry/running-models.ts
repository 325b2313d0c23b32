import type { ImportanceScores } from '../../../gateway/model';
import { type CarriedLayers, carriedLayers, modelKey, type Task } from '../../../gateway/task';
import { Registry } from './registry';

/** The model of a running coordinator. */
export interface RunningModel {
  /** With the fingerprint of version 0, if that does not start from the seed. */
  readonly task: Task;
  readonly version: number;
  /** The scores by which gateways choose their plans. */
  readonly importance: ImportanceScores | undefined;
}

/** Facts about a running coordinator that matter for a task in the editor. */
export interface Bearing {
  readonly importance?: ImportanceScores;
  /** Set if the task describes another model than the one that runs. */
  readonly change?: ModelChangeAhead;
}

/** The end of a model by the next deploy, and the layers that the next model could keep. */
export interface ModelChangeAhead extends CarriedLayers {
  /** The newest version of the model that would end. */
  readonly version: number;
}

/** The models of the coordinators that run here, by task node, for the dialog of the task. */
class RunningModels {
  private readonly coordinated = new Registry<string, () => RunningModel>();

  /** @returns removes it */
  add(taskNode: string, now: () => RunningModel): () => void {
    return this.coordinated.set(taskNode, now);
  }

  /** Compares a task as it is in the editor with the running model of its node. */
  bearing(taskNode: unknown, task: Task): Bearing {
    const running = typeof taskNode === 'string' ? this.coordinated.get(taskNode)?.() : undefined;
    if (!running) return {};
    const { importance, version } = running;
    if (modelKey({ ...task, initial: running.task.initial }) === modelKey(running.task))
      return importance ? { importance } : {};
    if (version === 0) return {};
    const layers =
      running.task.kind === task.kind
        ? carriedLayers(running.task, task)
        : { kept: [], partly: [], fresh: [] };
    return { change: { version, ...layers } };
  }
}

export const runningModels = new RunningModels();
