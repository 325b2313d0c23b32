import { type MemoryReport, planMemory } from '../engine';
import { FtteError } from '../platform';
import {
  densePlan,
  type ModelSpec,
  type Optimiser,
  type ParameterLayout,
  type Plan,
  type PlanEntry,
  parameterLayout,
  planSegments,
  segmentsSize,
  type Task,
} from '../task';
import { dense } from './dense';
import { magnitude } from './magnitude';
import type { SelectionStrategy } from './strategy';

export type StrategyName = Task['selection']['strategy'];

/** The strategies a task can name. */
export const selectionStrategies: Readonly<Record<StrategyName, SelectionStrategy>> = { magnitude, dense };

export interface SelectionRequest {
  readonly model: ModelSpec;
  readonly optimiser: Optimiser;
  /** Examples behind one optimiser step; the largest micro-batch. */
  readonly batchSize: number;
  /** What the training arena may take, in bytes. */
  readonly budgetBytes: number;
  /** Parameters of version 0, flat: the same on every gateway, so that equal budgets give equal plans. */
  readonly parameters: Float32Array;
  readonly strategy: StrategyName | SelectionStrategy;
}

export interface Selection {
  readonly plan: Plan;
  /** Exact: what the compiled program's arena will have. */
  readonly memory: MemoryReport;
  readonly trainedParameters: number;
  /** `trainedParameters` over all parameters, 0 to 1. */
  readonly trainedShare: number;
  /** Values in one update's delta. */
  readonly updateElements: number;
}

/** Finds a plan's memory without compiling it; the engine's planner, unless a test hands in another. */
export type MemoryModel = (plan: Plan) => MemoryReport;

/**
 * Chooses which parameters a gateway trains inside its budget, and with which micro-batch: the strategy's first
 * proposal that fits, at the largest micro-batch (1, 2, 4, ... and the batch itself) at which it fits. Deterministic.
 * @throws FtteError `budget-too-small` with the budget, what the smallest plan needs, and by how much it is over;
 *         `plan-invalid` if `parameters` are not the model's
 */
export function selectPlan(
  { model, optimiser, batchSize, budgetBytes, parameters, strategy }: SelectionRequest,
  memoryOf: MemoryModel = (plan) => planMemory({ model, plan, optimiser, batchSize }),
): Selection {
  const layout = parameterLayout(model);
  if (parameters.length !== layout.size) {
    throw new FtteError('plan-invalid', `got ${parameters.length} parameters, the model has ${layout.size}`);
  }
  const sizes = microBatches(batchSize);
  const leastBytes = (entries: readonly PlanEntry[]) =>
    Math.min(...sizes.map((microBatch) => memoryOf({ entries, microBatch }).peakBytes));
  const chosen = typeof strategy === 'string' ? selectionStrategies[strategy] : strategy;

  let smallest: readonly PlanEntry[] | undefined;
  for (const entries of chosen.propose({ model, layout, parameters, budgetBytes, leastBytes })) {
    // Not always the smallest micro-batch takes the least: at the full batch, plain SGD needs no gradient buffer.
    for (const microBatch of sizes) {
      const plan: Plan = { entries, microBatch };
      const memory = memoryOf(plan);
      if (memory.peakBytes <= budgetBytes) return selection(layout, plan, memory);
    }
    smallest = entries;
  }
  throw tooSmall(layout, budgetBytes, smallest ?? [], leastBytes);
}

/**
 * What training everything takes with the whole batch in memory at once: what a gateway would need without selection
 * and without micro-batches.
 */
export function denseMemory(model: ModelSpec, optimiser: Optimiser, batchSize: number): MemoryReport {
  return planMemory({ model, plan: densePlan(parameterLayout(model), batchSize), optimiser, batchSize });
}

/** The micro-batches that are tried, largest first: the batch, and the powers of two below it. */
function microBatches(batchSize: number): number[] {
  const sizes = [batchSize];
  for (let size = 2 ** Math.ceil(Math.log2(batchSize) - 1); size >= 1; size /= 2) {
    if (size < batchSize) sizes.push(size);
  }
  return sizes;
}

function selection(layout: ParameterLayout, plan: Plan, memory: MemoryReport): Selection {
  const updateElements = segmentsSize(planSegments(layout, plan));
  return {
    plan,
    memory,
    trainedParameters: updateElements,
    trainedShare: updateElements / layout.size,
    updateElements,
  };
}

function tooSmall(
  layout: ParameterLayout,
  budgetBytes: number,
  smallest: readonly PlanEntry[],
  leastBytes: (entries: readonly PlanEntry[]) => number,
): FtteError {
  const neededBytes = leastBytes(smallest);
  const overBytes = neededBytes - budgetBytes;
  const denseBytes = leastBytes(densePlan(layout, 1).entries);
  const names =
    smallest.length === layout.tensors.length
      ? 'the whole model'
      : smallest.map(({ tensor }) => layout.tensors[tensor]?.name).join(' and ');
  return new FtteError(
    'budget-too-small',
    `a budget of ${budgetBytes} bytes is ${overBytes} bytes too small: the smallest plan (${names}) needs ` +
      `${neededBytes} bytes, training the whole model takes ${denseBytes} bytes at least`,
    { budgetBytes, neededBytes, overBytes, denseBytes },
  );
}
