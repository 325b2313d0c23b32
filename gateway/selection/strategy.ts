import type { ModelSpec, ParameterLayout, PlanEntry } from '../task';

/** What a strategy may look at. */
export interface SelectionInput {
  readonly model: ModelSpec;
  readonly layout: ParameterLayout;
  /** The parameters of version 0, flat. */
  readonly parameters: Float32Array;
  /** The task's seed and the version that is trained from: for strategies that choose anew each version. */
  readonly seed: number;
  readonly version: number;
  /** Whether training these entries fits the budget at some micro-batch: exact, about a millisecond. */
  readonly fits: (entries: readonly PlanEntry[]) => boolean;
}

/**
 * Which parameters are worth training. A strategy only proposes; the budget is held in one place, `selectPlan`, which
 * takes the first proposal that fits and gives it the largest micro-batch that fits.
 */
export interface SelectionStrategy {
  /** Whether the plan depends on the version: then it is chosen anew for each. */
  readonly perVersion?: boolean;
  /**
   * Sets of entries, best first, the last one the smallest that still makes sense (it is what a refusal names). Each is
   * ascending by tensor and not empty. Lazy: what lies behind the first that fits is never worked out.
   */
  propose(input: SelectionInput): Iterable<readonly PlanEntry[]>;
}
