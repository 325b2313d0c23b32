import { messageOf } from '../../platform';
import type { Selection } from '../../selection';
import type { Update } from '../../wire';
import type { ModelFollower } from '../model/model-follower';
import { choosesEachVersion, type PlanChooser } from './plan-chooser';
import { RoundPace } from './round-pace';

export interface CurrentPlanOptions {
  readonly follower: ModelFollower;
  readonly chooser: PlanChooser;
  /** Memory that the training program may take, bytes. */
  readonly budgetBytes: number;
  /** A plan that was waited for is there, or is refused. */
  readonly onSettled: () => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * What a gateway trains. The plan follows from the task, the budget, the version and the pace alone: every gateway
 * with this budget and this pace trains the same part. While one is made there is none, and rounds wait for it.
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
  /** Counts what was asked for: only the answer to the last question is wanted. */
  private asked = 0;
  private making = false;
  private waiting: (() => void)[] = [];

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

  /** A plan is being made. */
  get pending(): boolean {
    return this.making;
  }

  /** What a round from a version trains. Strategies that draw anew each version do so when a round needs it. */
  selectionFor(version: number): Selection | undefined {
    const { task } = this.options.follower;
    if (task && !this.making && choosesEachVersion(task) && version !== this.version) this.choose(version);
    return this.selection;
  }

  /** Hears of a round that is done: one that took too long, or little of its time, makes another plan. */
  heard(update: Update): void {
    const { task, model } = this.options.follower;
    if (task && model && this.pace.heard(task, model, update)) this.choose();
  }

  choose(version = this.options.follower.version): void {
    const { follower, chooser } = this.options;
    const { task, model, importance } = follower;
    if (!task || !model) return;
    this.version = Math.max(0, version);
    const question = ++this.asked;
    const settle = (how: () => void) => {
      if (question !== this.asked) return;
      how();
      this.settled();
    };
    try {
      const chosen = chooser(task, model, this.budget, this.version, importance, this.pace.maxOperations);
      if (!(chosen instanceof Promise)) {
        settle(() => this.take(chosen));
        return;
      }
      this.making = true;
      this.selection = undefined;
      this.refusal = undefined;
      chosen.then(
        (selection) => settle(() => this.take(selection)),
        (error) => settle(() => this.refuse(error)),
      );
    } catch (error) {
      settle(() => this.refuse(error));
    }
  }

  /** Calls back as soon as no plan is being made: at once where none is. */
  whenSettled(action: () => void): void {
    if (this.making) this.waiting.push(action);
    else action();
  }

  /** Wants no plan any more; what is being made comes to nothing. */
  stop(): void {
    this.asked++;
    this.making = false;
    this.waiting = [];
  }

  private take(selection: Selection): void {
    this.selection = selection;
    this.refusal = undefined;
  }

  private refuse(error: unknown): void {
    this.selection = undefined;
    this.refusal = messageOf(error);
    this.options.onProblem(error);
  }

  private settled(): void {
    if (!this.making) return;
    this.making = false;
    for (const action of this.waiting.splice(0)) action();
    this.options.onSettled();
  }
}
