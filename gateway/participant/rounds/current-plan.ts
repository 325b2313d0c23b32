import type { ModelSpec } from '../../model';
import { type ErrorCode, FtteError, messageOf } from '../../platform';
import { type Selection, stepOperations } from '../../selection';
import type { Task } from '../../task';
import type { RoundUpdate } from '../../wire';
import type { ModelFollower } from '../model/model-follower';
import { choosesEachVersion, type PlanChooser } from './plan-chooser';

export interface CurrentPlanOptions {
  readonly follower: ModelFollower;
  readonly chooser: PlanChooser;
  /** Memory that the training program may use, bytes. */
  readonly budgetBytes: number;
  /** Called when a plan that was being made is complete or was refused. */
  readonly onSettled: () => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * The plan of a gateway: the part of the model that it trains. It follows from the task, the budget, the version, and
 * the operations that fit in the time of a round, so that all gateways with the same budget and speed train the same
 * part. While a plan is being made there is none, and rounds wait for it.
 */
export class CurrentPlan {
  /** Undefined while there is no task, or no plan for it. */
  selection: Selection | undefined;
  /** The reason why there is no plan for the task. */
  refusal: { readonly text: string; readonly code: ErrorCode | undefined } | undefined;
  /** The version that the selection was made for. */
  private version = 0;
  private budget: number;
  /** See `operationsLimit`. */
  private maxOperations: number | undefined;
  /** Number of the last request to the chooser. Answers to earlier requests are dropped. */
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

  /** Whether a plan is being made. */
  get pending(): boolean {
    return this.making;
  }

  /** The plan of a round from a version. Strategies that draw again for each version do so when a round needs it. */
  selectionFor(version: number): Selection | undefined {
    const { task } = this.options.follower;
    if (task && !this.making && choosesEachVersion(task) && version !== this.version) this.choose(version);
    return this.selection;
  }

  /** Chooses another plan after a round that took too long, or only a small share of its time. */
  adaptTo(round: RoundUpdate): void {
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

  /** Calls back when no plan is being made; at once if none is. */
  whenSettled(action: () => void): void {
    if (this.making) this.waiting.push(action);
    else action();
  }

  /** Drops a plan that is being made. */
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
    this.refusal = { text: messageOf(error), code: error instanceof FtteError ? error.code : undefined };
    this.options.onProblem(error);
  }

  private settled(): void {
    if (!this.making) return;
    this.making = false;
    for (const action of this.waiting.splice(0)) action();
    this.options.onSettled();
  }
}

/** Limits have steps of a quarter octave, so that gateways of about the same speed train the same part. */
const stepsPerOctave = 4;
/** If a round took less than this share of its time, the next one may train more. */
const slack = 0.5;

/**
 * Operations per example of a training step that let a round end within `selection.maxRoundMs`, estimated from the last
 * round. The memory budget is not part of it.
 * @param before the limit of that round's plan; undefined: none
 * @returns the same limit if the round does not contradict it; undefined: none
 */
export function operationsLimit(
  before: number | undefined,
  task: Task,
  model: ModelSpec,
  { plan, samples, steps, durationMs }: Pick<RoundUpdate, 'plan' | 'samples' | 'steps' | 'durationMs'>,
): number | undefined {
  const { maxRoundMs } = task.selection;
  if (maxRoundMs === undefined) return undefined;
  const { epochs, batchSize } = task.training;
  // A round that was ended early spends much of its time on the loss before and after, so its time does not show the
  // speed.
  const complete = steps >= Math.ceil(samples / batchSize) * epochs;
  const late = durationMs > maxRoundMs;
  const early = before !== undefined && durationMs < slack * maxRoundMs;
  if (durationMs <= 0 || !complete || !(late || early)) return before;
  const fitting = (stepOperations(model, plan) * maxRoundMs) / durationMs;
  return 2 ** (Math.floor(stepsPerOctave * Math.log2(fitting)) / stepsPerOctave);
}
