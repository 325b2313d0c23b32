import { type FrozenPrecision, type MemoryReport, planFits, planMemory } from '../../engine';
import type { ImportanceScores, ModelSpec, ParameterLayout, Plan, PlanEntry } from '../../model';
import { densePlan, parameterLayout, planSegments, segmentsSize } from '../../model';
import { FtteError, kilobytesAtLeast, kilobytesAtMost } from '../../platform';
import type { Optimiser, Task } from '../../task';
import { contribution } from './contribution';
import { deepest } from './deepest';
import { dense } from './dense';
import { dynamic } from './dynamic';
import { gradient } from './gradient';
import { magnitude } from './magnitude';
import { stepOperations } from './step-operations';
import type { RedrawInput, SelectionStrategy } from './strategy';

/** A strategy as a task names it. */
export type StrategyName = Task['selection']['strategy'];

/** The strategies a task can name. */
export const selectionStrategies: Readonly<Record<StrategyName, SelectionStrategy>> = {
  magnitude,
  deepest,
  contribution,
  gradient,
  dynamic,
  dense,
};

/** The occasion of a plan: a model, how it is trained, and the budget that the plan has to fit. */
export interface SelectionRequest {
  readonly model: ModelSpec;
  readonly optimiser: Optimiser;
  /** Examples behind one optimiser step; the largest micro-batch. */
  readonly batchSize: number;
  /** Form of the numbers that are not trained. Default `float32`. */
  readonly frozen?: FrozenPrecision;
  /** Rounds with differential privacy: one example at a time, with a gradient of its own. */
  readonly perExample?: boolean | undefined;
  /** Upper limit of the training arena, in bytes. */
  readonly budgetBytes: number;
  /** The task's seeded parameters, flat: the same on every gateway, so that equal budgets give equal plans. */
  readonly parameters: Float32Array;
  readonly strategy: StrategyName | SelectionStrategy;
  /** Scores of the coordinator, for strategies that use them. */
  readonly importance?: ImportanceScores | undefined;
  /** Operations that a training step may take for each example, if that matters. What fits the memory is not known by it. */
  readonly maxOperations?: number | undefined;
  /** The task's seed. Default 0. */
  readonly seed?: number;
  /** The version that is trained from, for strategies that choose again at each version. Default 0. */
  readonly version?: number;
}

/** A plan, and what it takes and trains. */
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
export function selectPlan(request: SelectionRequest, given?: MemoryModel): Selection {
  const { model, optimiser, budgetBytes, frozen = 'float32', parameters, version = 0, perExample } = request;
  const { batchSize } = request;
  const most = perExample ? 1 : batchSize;
  const memoryOf =
    given ?? ((plan: Plan) => planMemory({ model, plan, optimiser, batchSize, frozen, perExample }));
  const inBudget = given
    ? (plan: Plan) => given(plan).peakBytes <= budgetBytes
    : (plan: Plan) => planFits({ model, plan, optimiser, batchSize, frozen, perExample }, budgetBytes);
  const layout = parameterLayout(model);
  if (parameters.length !== layout.size) {
    throw new FtteError('plan-invalid', `got ${parameters.length} parameters, the model has ${layout.size}`);
  }
  const fits = (entries: readonly PlanEntry[]) =>
    leastCandidates(most).some((microBatch) => inBudget({ entries, microBatch }));
  const quick = (entries: readonly PlanEntry[]) =>
    stepOperations(model, { entries, microBatch: 1 }) <= (request.maxOperations ?? Number.POSITIVE_INFINITY);
  const input = inputOf(request, layout);
  const chosen = strategyOf(request);
  const settle = (entries: readonly PlanEntry[]): Selection | undefined => {
    for (const microBatch of microBatches(most)) {
      const plan: Plan = { entries, microBatch };
      if (!inBudget(plan)) continue;
      const memory = memoryOf(plan);
      const drawn = chosen.redraw?.(entries, input, version) ?? entries;
      return selection(layout, { entries: drawn, microBatch }, memory);
    }
    return undefined;
  };

  let smallest: readonly PlanEntry[] = [];
  const fitsAll = (entries: readonly PlanEntry[]) => quick(entries) && fits(entries);
  for (const entries of chosen.propose({ ...input, parameters, fits: fitsAll })) {
    smallest = entries;
    const settled = quick(entries) ? settle(entries) : undefined;
    if (settled) return settled;
  }
  // Nothing is quick enough: then the least there is.
  const least = settle(smallest);
  if (least) return least;
  const leastBytes = (entries: readonly PlanEntry[]) =>
    Math.min(...leastCandidates(most).map((microBatch) => memoryOf({ entries, microBatch }).peakBytes));
  throw tooSmall(layout, budgetBytes, smallest, leastBytes);
}

/**
 * The plan of another version, if the strategy redraws at each version: from the selection of any earlier version, whose
 * memory it takes to the byte. The selection itself with other strategies.
 */
export function redrawPlan(
  request: Omit<SelectionRequest, 'parameters'>,
  selection: Selection,
  version: number,
): Selection {
  const { redraw } = strategyOf(request);
  if (!redraw) return selection;
  const { plan } = selection;
  const entries = redraw(plan.entries, inputOf(request, parameterLayout(request.model)), version);
  return { ...selection, plan: { ...plan, entries } };
}

function strategyOf({ strategy }: Pick<SelectionRequest, 'strategy'>): SelectionStrategy {
  return typeof strategy === 'string' ? selectionStrategies[strategy] : strategy;
}

function inputOf(request: Omit<SelectionRequest, 'parameters'>, layout: ParameterLayout): RedrawInput {
  const { model, optimiser, importance, seed = 0 } = request;
  return { model, layout, optimiser, importance, seed };
}

/**
 * Memory for training everything with the whole batch at once, as a gateway would need it without selection and without
 * micro-batches.
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
    smallest.length === densePlan(layout, 1).entries.length
      ? 'the whole model'
      : smallest.map(({ tensor }) => layout.tensors[tensor]?.name).join(' and ');
  return new FtteError(
    'budget-too-small',
    `a budget of ${kilobytesAtMost(budgetBytes)} is ${kilobytesAtLeast(overBytes)} too small: the smallest plan ` +
      `(${names}) needs ${kilobytesAtLeast(neededBytes)}, training the whole model takes at least ` +
      `${kilobytesAtLeast(denseBytes)}`,
    { budgetBytes, neededBytes, overBytes, denseBytes },
  );
}
