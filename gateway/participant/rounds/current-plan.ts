import type { ModelSpec } from '../../model';
import { messageOf } from '../../platform';
import { type Selection, stepOperations } from '../../selection';
import type { Task } from '../../task';
import type { Update } from '../../wire';
import type { ModelFollower } from '../model/model-follower';
import { choosesEachVersion, type PlanChooser } from './plan-chooser';

export interface CurrentPlanOptions {
  readonly follower: ModelFollower;
  readonly chooser: PlanChooser;
  /** Memory that the training program may take, bytes. */
  readonly budgetBytes: number;
  /** A plan that was being made is there, or is refused. */
  readonly onSettled: () => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * What a gateway trains. The plan follows from the task, the budget, the version and the operations that fit in the time
 * of a round: every gateway with this budget and this speed trains the same part. There is no plan while one is made, and
 * rounds wait for it.
 */
export class CurrentPlan {
  /** Undefined while there is no task, or no plan for it. */
  selection: Selection | undefined;
  /** Why there is no plan for the task. */
  refusal: string | undefined;
  /** The version that the selection was made for. */
  private version = 0;
  private budget: number;
  /** See `operationsLimit`. */
  private maxOperations: number | undefined;
  /** Number of the last question to the chooser: answers to earlier ones are dropped. */
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

  /** Chooses another plan after a round that took too long, or little of its time. */
  adaptTo(round: Update): void {
    const { task, model } = this.options.follower;
    if (!task || !model) return;
    const limit = operationsLimit(this.maxOperations, task, model, round);
    if (limit === this.maxOperations) return;
    this.maxOperations = limit;
    this.choose();
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
      const chosen = chooser(task, model, this.budget, this.version, importance, this.maxOperations);
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

  /** Calls back as soon as no plan is being made, at once if none is. */
  whenSettled(action: () => void): void {
    if (this.making) this.waiting.push(action);
    else action();
  }

  /** A plan that is being made is dropped. */
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

/** Limits come in steps of a quarter octave: gateways of about the same speed train the same part. */
const stepsPerOctave = 4;
/** A round that took less than this share of its time lets the next one train more. */
const slack = 0.5;

/**
 * Operations of a training step for each example that let a round end within `selection.maxRoundMs`, judged by the round
 * before. The memory budget is not part of it.
 * @param before the limit that the round was planned with; undefined: none
 * @returns the same limit if the round does not speak against it; undefined: none
 */
export function operationsLimit(
  before: number | undefined,
  task: Task,
  model: ModelSpec,
  { plan, samples, steps, durationMs }: Pick<Update, 'plan' | 'samples' | 'steps' | 'durationMs'>,
): number | undefined {
  const { maxRoundMs } = task.selection;
  if (maxRoundMs === undefined) return undefined;
  const { epochs, batchSize } = task.training;
  // A round that was ended early spends much of its time on the loss before and after, which says little of the speed.
  const complete = steps >= Math.ceil(samples / batchSize) * epochs;
  const late = durationMs > maxRoundMs;
  const early = before !== undefined && durationMs < slack * maxRoundMs;
  if (durationMs <= 0 || !complete || !(late || early)) return before;
  const fitting = (stepOperations(model, plan) * maxRoundMs) / durationMs;
  return 2 ** (Math.floor(stepsPerOctave * Math.log2(fitting)) / stepsPerOctave);
}
