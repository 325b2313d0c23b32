import { type MemoryReport, planMemory } from '../../engine';
import { densePlan, type ImportanceScores, parameterLayout } from '../../model';
import { choosePlan, updateBytes, updateEncoding } from '../../participant';
import { FtteError } from '../../platform';
import { denseMemory, type PlanRow, planRows, stepOperations } from '../../selection';
import { describeTraining, type Task, taskModel } from '../../task';
import type { TensorEncoding } from '../../wire';

/**
 * Plans what a gateway with this budget trains.
 * @throws FtteError `budget-too-small` with the budget that would suffice; `model-invalid` for a model that fits no arena
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
    throw new FtteError(
      'model-invalid',
      `model: expected at most ${maxParameters} parameters, got ${layout.size}`,
    );
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
    training: describeTraining(task),
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
    updateEncoding: updateEncoding(task, selection.updateElements),
    updateBytes: updateBytes(task, selection),
    stepCost: stepOperations(model, plan) / stepOperations(model, everything),
    dense: {
      memory: dense,
      updateBytes: updateBytes(task, { plan: everything, updateElements: layout.size }),
    },
  };
}

/** The plan of a memory budget, its costs, and the costs of training everything. */
export interface PlanReport {
  readonly task: string;
  readonly strategy: Task['selection']['strategy'];
  /** The training in words, with what the task leaves to the rules. */
  readonly training: string;
  readonly budgetBytes: number;
  /** The version that training starts from. */
  readonly version: number;
  readonly batchSize: number;
  readonly microBatch: number;
  readonly parameters: number;
  readonly trainedParameters: number;
  readonly tensors: readonly PlanRow[];
  /** Sum of the tensors' measured gains; undefined without measured gains. */
  readonly expectedGain: number | undefined;
  /** Bytes by kind that are in use at the peak. */
  readonly memory: MemoryReport;
  /** Memory for training everything with the same micro-batch: the difference to `memory` is what sparsity saves. */
  readonly wholeMemory: MemoryReport;
  readonly updateEncoding: TensorEncoding;
  readonly updateBytes: number;
  /** Operations of a training step over those of a step that trains everything. */
  readonly stepCost: number;
  /** Training everything with the whole batch in memory at once. */
  readonly dense: { readonly memory: MemoryReport; readonly updateBytes: number };
}

/** A vector of this many float32 leaves no room in a WebAssembly arena for anything else. */
const maxParameters = 2 ** 28;
