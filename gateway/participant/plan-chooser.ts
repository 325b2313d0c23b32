import {
  redrawPlan,
  type Selection,
  type SelectionRequest,
  selectionStrategies,
  selectPlan,
} from '../selection';
import { initialParameters, type ModelSpec, type SelectionGuide, type Task } from '../task';

/**
 * Which part of a task's model is trained inside a budget, from a version on. Equal arguments give equal plans, on
 * every gateway.
 */
export type PlanChooser = (
  task: Task,
  model: ModelSpec,
  budgetBytes: number,
  version: number,
  guide?: SelectionGuide,
  maxOperations?: number,
) => Selection;

/** Whether a task's plan is another one for each version. */
export const choosesEachVersion = (task: Task): boolean =>
  selectionStrategies[task.selection.strategy].redraw !== undefined;

/**
 * The task's own selection strategy.
 * @throws FtteError `budget-too-small`
 */
export const choosePlan: PlanChooser = (task, model, budgetBytes, version, guide, maxOperations) =>
  selectPlan(selectionRequest(task, model, budgetBytes, version, guide, maxOperations));

/** What selection is asked for a task. */
export function selectionRequest(
  task: Task,
  model: ModelSpec,
  budgetBytes: number,
  version = 0,
  guide?: SelectionGuide,
  maxOperations?: number,
): SelectionRequest {
  return {
    model,
    optimiser: task.training.optimiser,
    batchSize: task.training.batchSize,
    frozen: task.training.frozen,
    budgetBytes,
    parameters: initialParameters(model, task.seed),
    strategy: task.selection.strategy,
    guide,
    maxOperations,
    seed: task.seed,
    version,
  };
}

/**
 * A chooser that looks for what fits once for each task, guide and budget: where the strategy draws anew each version,
 * a version after the first costs the draw alone.
 */
export function rememberingChooser(): PlanChooser {
  let last:
    | { readonly request: SelectionRequest; readonly key: readonly unknown[]; selection: Selection }
    | undefined;
  return (task, model, budgetBytes, version, guide, maxOperations) => {
    const key = [task, model, budgetBytes, guide, maxOperations];
    if (last && key.every((part, i) => part === last?.key[i]))
      return redrawPlan(last.request, last.selection, version);
    const request = selectionRequest(task, model, budgetBytes, version, guide, maxOperations);
    last = { request, key, selection: selectPlan(request) };
    return last.selection;
  };
}
