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
import { deepest } from './deepest';
import { dense } from './dense';
import { dynamic } from './dynamic';
import { magnitude } from './magnitude';
import type { SelectionStrategy } from './strategy';

export type StrategyName = Task['selection']['strategy'];

/** The strategies a task can name. */
export const selectionStrategies: Readonly<Record<StrategyName, SelectionStrategy>> = {
  magnitude,
  deepest,
  dynamic,
  dense,
};

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
  /** For strategies that draw: the task's seed. Default 0. */
  readonly seed?: number;
  /** The version that is trained from, for strategies that choose anew each version. Default 0. */
  readonly version?: number;
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
  { model, optimiser, batchSize, budgetBytes, parameters, strategy, seed = 0, version = 0 }: SelectionRequest,
  memoryOf: MemoryModel = (plan) => planMemory({ model, plan, optimiser, batchSize }),
): Selection {
  const layout = parameterLayout(model);
  if (parameters.length !== layout.size) {
    throw new FtteError('plan-invalid', `got ${parameters.length} parameters, the model has ${layout.size}`);
  }
  const inBudget = (plan: Plan) => memoryOf(plan).peakBytes <= budgetBytes;
  const fits = (entries: readonly PlanEntry[]) =>
    leastCandidates(batchSize).some((microBatch) => inBudget({ entries, microBatch }));
  const chosen = typeof strategy === 'string' ? selectionStrategies[strategy] : strategy;

  let smallest: readonly PlanEntry[] = [];
  for (const entries of chosen.propose({ model, layout, parameters, seed, version, fits })) {
    smallest = entries;
    if (!fits(entries)) continue;
    for (const microBatch of microBatches(batchSize)) {
      const plan: Plan = { entries, microBatch };
      const memory = memoryOf(plan);
      if (memory.peakBytes <= budgetBytes) return selection(layout, plan, memory);
    }
  }
  const leastBytes = (entries: readonly PlanEntry[]) =>
    Math.min(...leastCandidates(batchSize).map((microBatch) => memoryOf({ entries, microBatch }).peakBytes));
  throw tooSmall(layout, budgetBytes, smallest, leastBytes);
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

/**
 * The micro-batches of which one takes the least memory. Memory grows with the micro-batch, but at the whole batch
 * plain SGD holds no gradient beyond a layer.
 */
function leastCandidates(batchSize: number): number[] {
  return batchSize === 1 ? [1] : [1, batchSize];
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
