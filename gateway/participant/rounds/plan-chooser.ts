import { type ImportanceScores, initialParameters, type ModelSpec } from '../../model';
import {
  type PlanRequest,
  redrawPlan,
  type Selection,
  selectionStrategies,
  selectPlan,
} from '../../selection';
import type { Task } from '../../task';

/**
 * Which part of a task's model is trained inside a budget, from a version on. Equal arguments give equal plans, on
 * every gateway. One that makes plans elsewhere promises them; it answers at once where it has the plan of another
 * version.
 */
export type PlanChooser = (...question: PlanQuestion) => Selection | Promise<Selection>;

/** What a plan is chosen by; `budgetBytes` is the arena's, `maxOperations` an example's in a training step. */
export type PlanQuestion = readonly [
  task: Task,
  model: ModelSpec,
  budgetBytes: number,
  version: number,
  importance?: ImportanceScores,
  maxOperations?: number,
];

/** Makes a plan from nothing: in this thread at once, or somewhere else. */
export type MakePlan = (request: PlanRequest) => Selection | Promise<Selection>;

/** Whether a task's plan is another one for each version. */
export const choosesEachVersion = (task: Task): boolean =>
  selectionStrategies[task.selection.strategy].redraw !== undefined;

/**
 * The task's own selection strategy, in this thread: milliseconds, for a large model a tenth of a second.
 * @throws FtteError `budget-too-small`
 */
export const choosePlan = (...question: PlanQuestion): Selection => planHere(selectionRequest(...question));

/** What selection is asked for a task. */
export function selectionRequest(...question: PlanQuestion): PlanRequest {
  const [task, model, budgetBytes, version, importance, maxOperations] = question;
  return {
    model,
    optimiser: task.training.optimiser,
    batchSize: task.training.batchSize,
    frozen: task.training.frozen,
    budgetBytes,
    strategy: task.selection.strategy,
    importance,
    maxOperations,
    seed: task.seed,
    version,
  };
}

const planHere = (request: PlanRequest): Selection =>
  selectPlan({ ...request, parameters: initialParameters(request.model, request.seed ?? 0) });

/**
 * A chooser that looks for what fits once for each task, importance and budget: where the strategy draws anew each version,
 * a version after the first costs the draw alone.
 * @param make plans that are not remembered; in this thread unless given
 */
export function rememberingChooser(make: MakePlan = planHere): PlanChooser {
  let last:
    | { request: PlanRequest; key: readonly unknown[]; made: Selection | Promise<Selection> }
    | undefined;
  return (...question) => {
    const [task, model, budgetBytes, version, importance, maxOperations] = question;
    const key = [task, model, budgetBytes, importance, maxOperations];
    if (last && key.every((part, i) => part === last?.key[i])) {
      const { request, made } = last;
      return made instanceof Promise
        ? made.then((selection) => redrawPlan(request, selection, version))
        : redrawPlan(request, made, version);
    }
    const request = selectionRequest(...question);
    const remembered = { request, key, made: make(request) };
    last = remembered;
    if (remembered.made instanceof Promise) {
      remembered.made.then(
        (selection) => {
          remembered.made = selection;
        },
        // What failed is tried again when it is asked for again.
        () => {
          if (last === remembered) last = undefined;
        },
      );
    }
    return remembered.made;
  };
}
