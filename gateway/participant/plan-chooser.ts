import { type Selection, selectionStrategies, selectPlan } from '../selection';
import { initialParameters, type ModelSpec, type Task } from '../task';

/**
 * Which part of a task's model is trained inside a budget, from a version on. Equal arguments give equal plans, on
 * every gateway.
 */
export type PlanChooser = (task: Task, model: ModelSpec, budgetBytes: number, version: number) => Selection;

/** Whether a task's plan is another one for each version. */
export const choosesEachVersion = (task: Task): boolean =>
  selectionStrategies[task.selection.strategy].perVersion === true;

/**
 * The task's own selection strategy, from version 0's parameters.
 * @throws FtteError `budget-too-small`
 */
export const choosePlan: PlanChooser = (task, model, budgetBytes, version) =>
  selectPlan({
    model,
    optimiser: task.training.optimiser,
    batchSize: task.training.batchSize,
    budgetBytes,
    parameters: initialParameters(model, task.seed),
    strategy: task.selection.strategy,
    seed: task.seed,
    version,
  });
