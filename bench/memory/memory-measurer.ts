import { createEngine, type FrozenPrecision, InlineTrainer, planMemory } from '../../gateway/engine';
import { densePlan, type ImportanceScores, initialParameters, parameterLayout } from '../../gateway/model';
import { updateBytes } from '../../gateway/participant';
import {
  denseMemory,
  measureImportance,
  type SelectionRequest,
  type StrategyName,
  selectPlan,
} from '../../gateway/selection';
import { taskModel } from '../../gateway/task';
import type { PeopleData } from '../support/people-data';
import type { MemoryCase } from './memory-cases';
import { stepTime, trainedAccuracy } from './memory-training';

/** Measures trainings on the same data at many budgets, and repeats no computation. */
export class MemoryMeasurer {
  private readonly importances = new Map<string, Omit<ImportanceScores, 'norms'> | undefined>();
  private readonly accuracies = new Map<string, number>();

  /** @throws FtteError `budget-too-small` */
  async measure(each: MemoryCase, data: PeopleData, options: MeasureOptions): Promise<MemoryFigures> {
    const { budgetPercent, strategy, frozen, seed, size } = options;
    const request = await this.request(each, data, options);
    const { model, optimiser, batchSize, budgetBytes } = request;
    const selected = selectPlan(request);
    // If everything fits, strategies do not differ.
    const method = selected.trainedShare === 1 ? 'whole' : `${strategy} ${frozen}`;
    const accuracy = await cached(
      this.accuracies,
      [data.task.name, seed, method, JSON.stringify(selected.plan)],
      async () => trainedAccuracy(data, request, selected, { ...each, ...options }),
    );
    const { plan, memory, trainedShare } = selected;
    const { microBatch } = plan;
    const peakOf = (asked: typeof plan) => planMemory({ model, plan: asked, optimiser, batchSize }).peakBytes;
    const denseBytes = denseMemory(model, optimiser, batchSize).peakBytes;
    const dense = peakOf(densePlan(parameterLayout(model), microBatch));
    const plain = peakOf(plan);
    return {
      data: each.name,
      model: `${each.preset} ${size}`,
      budgetPercent,
      strategy,
      frozen,
      budgetBytes,
      peakBytes: memory.peakBytes,
      denseBytes,
      savedByMicroBatches: denseBytes - dense,
      savedBySelection: dense - plain,
      savedByRounding: plain - memory.peakBytes,
      microBatch,
      trainedShare,
      stepMs: stepTime(data, request, selected),
      updateBytes: updateBytes(data.task, selected),
      accuracy,
    };
  }

  private async request(
    { learningRate }: MemoryCase,
    { task, fed, fedHeldOut }: PeopleData,
    { budgetPercent, strategy, frozen, seed }: MeasureOptions,
  ): Promise<SelectionRequest> {
    const model = taskModel(task);
    const { optimiser, batchSize } = task.training;
    const parameters = initialParameters(model, seed);
    const common = { model, parameters, version: 0, optimiser, batchSize, seed };
    const importance = await cached(this.importances, [task.name, strategy, seed], async () => {
      const trainer = new InlineTrainer(createEngine());
      const trial = { ...common, trainer, learningRate, training: fed, heldOut: fedHeldOut };
      return measureImportance(strategy, trial).finally(() => trainer.close());
    });
    const denseBytes = denseMemory(model, optimiser, batchSize).peakBytes;
    const budgetBytes = Math.floor((denseBytes * budgetPercent) / 100);
    return { ...common, budgetBytes, strategy, frozen, importance };
  }
}

/** Options of one measurement. */
export interface MeasureOptions {
  readonly budgetPercent: number;
  readonly strategy: StrategyName;
  readonly frozen: FrozenPrecision;
  readonly size: 'S' | 'M';
  readonly epochs: number;
  readonly seed: number;
}

/** Costs and accuracy of one training in a budget. */
export interface MemoryFigures {
  readonly data: string;
  readonly model: string;
  readonly budgetPercent: number;
  readonly strategy: string;
  readonly frozen: FrozenPrecision;
  readonly budgetBytes: number;
  readonly peakBytes: number;
  /** Dense training at batch 32. The next three are saved by the plan's micro-batches, its selection and its rounding. */
  readonly denseBytes: number;
  readonly savedByMicroBatches: number;
  readonly savedBySelection: number;
  readonly savedByRounding: number;
  readonly microBatch: number;
  readonly trainedShare: number;
  readonly stepMs: number;
  readonly updateBytes: number;
  readonly accuracy: number;
}

/** The cached value of a key, computed once. */
async function cached<T>(
  values: Map<string, T>,
  keys: readonly (string | number)[],
  compute: () => Promise<T>,
): Promise<T> {
  const key = keys.join(' ');
  if (!values.has(key)) values.set(key, await compute());
  return values.get(key) as T;
}
