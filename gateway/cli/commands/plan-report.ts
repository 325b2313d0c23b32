import { type MemoryReport, planMemory } from '../../engine';
import { densePlan, type ImportanceScores, parameterLayout } from '../../model';
import { choosePlan, updateBytes } from '../../participant';
import { FtteError } from '../../platform';
import { denseMemory, type PlanRow, planRows, stepOperations } from '../../selection';
import { type Task, taskModel } from '../../task';

/** What a memory budget buys, and what it would take to train everything. */
export interface PlanReport {
  readonly task: string;
  readonly strategy: Task['selection']['strategy'];
  readonly budgetBytes: number;
  /** The version that is trained from. */
  readonly version: number;
  readonly batchSize: number;
  readonly microBatch: number;
  readonly parameters: number;
  readonly trainedParameters: number;
  readonly tensors: readonly PlanRow[];
  /** Sum of the tensors' measured gains; undefined where nothing was measured. */
  readonly expectedGain: number | undefined;
  /** Bytes by kind, those live at the peak. */
  readonly memory: MemoryReport;
  /** The same micro-batch with everything trained: what lies between this and `memory` is what sparsity saves. */
  readonly wholeMemory: MemoryReport;
  readonly updateEncoding: Task['encoding']['update'];
  readonly updateBytes: number;
  /** Operations of a training step over those of a step that trains everything. */
  readonly stepCost: number;
  /** Training everything with the whole batch in memory at once. */
  readonly dense: { readonly memory: MemoryReport; readonly updateBytes: number };
}

/** A vector of this many float32 is more than a WebAssembly arena holds beside anything else. */
const maxParameters = 2 ** 28;

/**
 * What a gateway with this budget trains.
 * @throws FtteError `budget-too-small` with what would do; `model-invalid` for a model that no arena holds
 */
export function planReport(
  task: Task,
  budgetBytes: number,
  version: number,
  importance?: ImportanceScores,
): PlanReport {
  const model = taskModel(task);
  const layout = parameterLayout(model);
  if (layout.size > maxParameters) {
    throw new FtteError('model-invalid', `the model has ${layout.size} parameters, at most ${maxParameters}`);
  }
  const { optimiser, batchSize } = task.training;
  const selection = choosePlan(task, model, budgetBytes, version, importance);
  const { plan, memory } = selection;
  const tensors = planRows(layout, plan, importance);
  const everything = densePlan(layout, batchSize);
  const dense = denseMemory(model, optimiser, batchSize);
  return {
    task: task.name,
    strategy: task.selection.strategy,
    budgetBytes,
    version,
    batchSize,
    microBatch: plan.microBatch,
    parameters: layout.size,
    trainedParameters: selection.trainedParameters,
    tensors,
    expectedGain: importance?.gains && tensors.reduce((sum, { expectedGain = 0 }) => sum + expectedGain, 0),
    memory,
    wholeMemory: planMemory({ model, plan: densePlan(layout, plan.microBatch), optimiser, batchSize }),
    updateEncoding: task.encoding.update,
    updateBytes: updateBytes(task, selection),
    stepCost: stepOperations(model, plan) / stepOperations(model, everything),
    dense: {
      memory: dense,
      updateBytes: updateBytes(task, { plan: everything, memory: dense, updateElements: layout.size }),
    },
  };
}
