import { type ImportanceScores, initialParameters, type ModelSpec } from '../../model';
import {
  type PlanRequest,
  redrawPlan,
  type Selection,
  selectionStrategies,
  selectPlan,
} from '../../selection';
import { recordPrivacy, type Task } from '../../task';

/**
 * Chooses which part of a task's model is trained within a budget, from a version on. Equal arguments give equal plans,
 * on every gateway. A chooser that makes plans elsewhere returns a promise; it answers at once if it has the plan from
 * another version.
 */
export type PlanChooser = (...question: PlanQuestion) => Selection | Promise<Selection>;

/** The arguments of a plan: `budgetBytes` is for the arena, `maxOperations` for one example in a training step. */
export type PlanQuestion = readonly [
  task: Task,
  model: ModelSpec,
  budgetBytes: number,
  version: number,
  importance?: ImportanceScores,
  maxOperations?: number,
];

/** Makes a plan without earlier results: at once in this thread, or elsewhere. */
export type MakePlan = (request: PlanRequest) => Selection | Promise<Selection>;

/** Whether the plan of a task differs for each version. */
export const choosesEachVersion = (task: Task): boolean =>
  selectionStrategies[task.selection.strategy].redraw !== undefined;

/**
 * Chooses with the selection strategy of the task, in this thread. It takes milliseconds, and for a large model a tenth
 * of a second.
 * @throws FtteError `budget-too-small`
 */
export const choosePlan = (...question: PlanQuestion): Selection => planHere(selectionRequest(...question));

/** The request to the selection strategy of a task. */
export function selectionRequest(...question: PlanQuestion): PlanRequest {
  const [task, model, budgetBytes, version, importance, maxOperations] = question;
  return {
    model,
    optimiser: task.training.optimiser,
    batchSize: task.training.batchSize,
    frozen: task.training.frozen,
    perExample: recordPrivacy(task) !== undefined || undefined,
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
 * A chooser that searches once for each task, importance and budget. If the strategy draws again for each version,
 * later versions cost only the draw.
 * @param make makes plans that are not stored; in this thread by default
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
        // After a failure the next request tries again.
        () => {
          if (last === remembered) last = undefined;
        },
      );
    }
    return remembered.made;
  };
}
