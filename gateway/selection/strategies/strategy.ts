import type { ImportanceScores, ModelSpec, ParameterLayout, PlanEntry } from '../../model';
import type { Optimiser } from '../../task';

/** Input of a strategy. */
export interface SelectionInput {
  readonly model: ModelSpec;
  readonly layout: ParameterLayout;
  readonly optimiser: Optimiser;
  /** The seeded parameters of the task, flat. */
  readonly parameters: Float32Array;
  /** Scores of the coordinator, once it has measured them. */
  readonly importance: ImportanceScores | undefined;
  /** The task's seed: for strategies that draw. */
  readonly seed: number;
  /** Whether training these entries fits the budget at some micro-batch: exact, about a millisecond. */
  readonly fits: (entries: readonly PlanEntry[]) => boolean;
}

/** Input of a redraw: no parameters, because making them takes longer than the draw. */
export type RedrawInput = Omit<SelectionInput, 'fits' | 'parameters'>;

/**
 * Which parameters are worth training. A strategy only proposes; the budget is held in one place, `selectPlan`, which
 * takes the first proposal that fits and gives it the largest micro-batch that fits.
 */
export interface SelectionStrategy {
  /**
   * Sets of entries, best first, the last one the smallest that still makes sense (it is what a refusal names). Each is
   * ascending by tensor and not empty. Lazy: what lies behind the first that fits is never worked out.
   */
  propose(input: SelectionInput): Iterable<readonly PlanEntry[]>;
  /**
   * For strategies that choose again at each version: other channels of the same tensors, as many of each, so that the
   * memory stays what it was to the byte. Cheap: it runs on a gateway's main thread before a round.
   */
  redraw?(entries: readonly PlanEntry[], input: RedrawInput, version: number): PlanEntry[];
}
