import { messageOf } from '../platform';
import type { Selection } from '../selection';
import type { Update } from '../wire';
import type { ModelFollower } from './model-follower';
import { choosesEachVersion, type PlanChooser } from './plan-chooser';
import { RoundPace } from './round-pace';

export interface CurrentPlanOptions {
  readonly follower: ModelFollower;
  readonly chooser: PlanChooser;
  /** Memory that the training program may take, bytes. */
  readonly budgetBytes: number;
  readonly onProblem: (error: unknown) => void;
}

/**
 * What a gateway trains. The plan follows from the task, the budget, the version and the pace alone: every gateway
 * with this budget and this pace trains the same part.
 */
export class CurrentPlan {
  /** Undefined while there is no task, or no plan for it. */
  selection: Selection | undefined;
  /** Why there is no plan for the task. */
  refusal: string | undefined;
  /** The version that the selection was made for. */
  private version = 0;
  private budget: number;
  private readonly pace = new RoundPace();

  constructor(private readonly options: CurrentPlanOptions) {
    this.budget = options.budgetBytes;
  }

  get budgetBytes(): number {
    return this.budget;
  }

  set budgetBytes(budgetBytes: number) {
    this.budget = budgetBytes;
    this.choose();
  }

  /** What a round from a version trains. Strategies that draw anew each version do so when a round needs it. */
  selectionFor(version: number): Selection | undefined {
    const { task } = this.options.follower;
    if (task && choosesEachVersion(task) && version !== this.version) this.choose(version);
    return this.selection;
  }

  /** Hears of a round that is done: one that took too long, or little of its time, makes another plan. */
  heard(update: Update): void {
    const { task, model } = this.options.follower;
    if (task && model && this.pace.heard(task, model, update)) this.choose();
  }

  choose(version = this.options.follower.version): void {
    const { follower, chooser, onProblem } = this.options;
    const { task, model, guide } = follower;
    if (!task || !model) return;
    this.version = Math.max(0, version);
    try {
      this.selection = chooser(task, model, this.budget, this.version, guide, this.pace.maxOperations);
      this.refusal = undefined;
    } catch (error) {
      this.selection = undefined;
      this.refusal = messageOf(error);
      onProblem(error);
    }
  }
}
