import type { ModelSpec, ParameterLayout, PlanEntry } from '../task';

/** What a strategy may look at. */
export interface SelectionInput {
  readonly model: ModelSpec;
  readonly layout: ParameterLayout;
  /** The parameters of version 0, flat. */
  readonly parameters: Float32Array;
  readonly budgetBytes: number;
  /** The least memory that training these entries takes at any micro-batch, in bytes, exact. */
  readonly leastBytes: (entries: readonly PlanEntry[]) => number;
}

/**
 * Which parameters are worth training. A strategy only proposes; the budget is held in one place, `selectPlan`, which
 * takes the first proposal that fits and gives it the largest micro-batch that fits.
 */
export interface SelectionStrategy {
  /**
   * Sets of entries, best first, the last one the smallest that still makes sense (it is what a refusal names). Each is
   * ascending by tensor and not empty. Lazy: what lies behind the first that fits is never worked out. Where no later
   * proposal trains more parameters than an earlier one, a larger budget never trains fewer.
   */
  propose(input: SelectionInput): Iterable<readonly PlanEntry[]>;
}
