import { type Selection, selectPlan } from '../selection';
import { initialParameters, type ModelSpec, type Task } from '../task';

/** Which part of a task's model is trained inside a budget. Equal arguments give equal plans, on every gateway. */
export type PlanChooser = (task: Task, model: ModelSpec, budgetBytes: number) => Selection;

/**
 * The task's own selection strategy, from version 0's parameters.
 * @throws FtteError `budget-too-small`
 */
export const choosePlan: PlanChooser = (task, model, budgetBytes) =>
  selectPlan({
    model,
    optimiser: task.training.optimiser,
    batchSize: task.training.batchSize,
    budgetBytes,
    parameters: initialParameters(model, task.seed),
    strategy: task.selection.strategy,
  });
