import type { Samples, Trainer } from '../../engine';
import { type ImportanceScores, type ModelSpec, parameterLayout } from '../../model';
import type { Random } from '../../platform';
import { measureImportance, measureNorms } from '../../selection';
import type { Sample } from '../../stream';
import { type Task, taskModel, trialRate } from '../../task';
import type { Contribution } from '../aggregation/contribution';
import type { EngineJobs } from './engine-jobs';
import { GradientScores } from './gradient-scores';
import type { TrainingSamples } from './training-samples';

/** Options of an importance profiler. */
export interface ImportanceProfilerOptions {
  readonly task: Task;
  readonly jobs: EngineJobs;
  /** The half of the samples that trials are trained on. */
  readonly samples: TrainingSamples;
  /** The half that judges trials, as it judges versions. */
  readonly heldOut: { readonly windows: number; readonly limit: number; batch(count: number): Samples };
  readonly random: Random;
  /** The newest version. */
  readonly newest: () => { readonly version: number; readonly parameters: Float32Array };
  /** There are new scores. */
  readonly onImportance: (importance: ImportanceScores) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Strategies that select by something that only a coordinator can measure. */
const measuredStrategies: ReadonlySet<string> = new Set(['contribution', 'gradient', 'dynamic']);
/** Those of them that gradients in updates are of use to. */
const gradientStrategies: ReadonlySet<string> = new Set(['gradient', 'dynamic']);

/**
 * Measures the importance scores that gateways select their plans by: from samples that a person feeds (trials, as far
 * as the task's strategy needs them), from updates that train all parameters, and from the norms of a first version
 * that gateways cannot compute from the seed.
 */
export class ImportanceProfiler {
  private readonly model: ModelSpec;
  private readonly gradients: GradientScores | undefined;
  private scores: ImportanceScores | undefined;
  /** Of the first version's units, if it is not the seeded one. */
  private norms: Uint8Array | undefined;
  /** Trials are still to be made. */
  private isDue: boolean;
  private tookLast = false;

  constructor(private readonly options: ImportanceProfilerOptions) {
    const { task, jobs } = options;
    const { strategy } = task.selection;
    this.model = taskModel(task);
    this.isDue = jobs.available && measuredStrategies.has(strategy);
    if (gradientStrategies.has(strategy)) this.gradients = new GradientScores(parameterLayout(this.model));
  }

  /** The scores so far; undefined if nothing was measured. */
  get importance(): ImportanceScores | undefined {
    return this.scores;
  }

  /** Continues with what was measured before a restart. */
  restore(importance: ImportanceScores | undefined): void {
    this.scores = importance;
    this.norms = importance?.norms;
    this.isDue &&= importance?.gains === undefined && importance?.gradients === undefined;
  }

  /**
   * Takes every other sample for its trials while it needs some.
   * @returns whether it was taken
   * @throws FtteError as `SampleStore.add`
   */
  offer(sample: Sample): boolean {
    const { samples, jobs } = this.options;
    this.tookLast = this.isDue && !this.tookLast;
    if (!this.tookLast || samples.enough || jobs.closed) return false;
    samples.add(sample);
    return true;
  }

  /** Measures the norms of a first version that gateways cannot compute: of an imported model, or after a warm start. */
  measureNorms(version: number, parameters: Float32Array): void {
    this.norms = measureNorms(this.model, parameters);
    this.report({ version });
  }

  /** Measures by the contributions of a version, once: scores are known by the version that they were measured on. */
  measureUpdates(version: number, contributions: readonly Contribution[]): void {
    let gradients: Uint8Array | undefined;
    for (const { segments, delta } of contributions) {
      gradients = this.gradients?.add(segments, delta) ?? gradients;
    }
    if (gradients) this.report({ version, gradients });
  }

  /** Starts the trials if there are enough samples for them; call it when there are more. */
  measureIfDue(): void {
    const { task, jobs, samples, heldOut, onProblem } = this.options;
    if (!this.isDue || jobs.closed || !samples.enough) return;
    const judging = Math.min(heldOut.limit, Math.ceil(task.selection.measureSamples / 2));
    if (heldOut.windows < judging) return;
    // One attempt: whatever makes it fail would make the next one fail, too.
    this.isDue = false;
    jobs
      .run((trainer) => this.runTrials(trainer))
      .catch((error) => {
        if (!jobs.closed) onProblem(error);
      });
  }

  private async runTrials(trainer: Trainer): Promise<void> {
    const { task, jobs, samples, heldOut, newest, random } = this.options;
    const { version, parameters } = newest();
    const { optimiser, batchSize } = task.training;
    const importance = await measureImportance(task.selection.strategy, {
      trainer,
      model: this.model,
      parameters: parameters.slice(),
      version,
      optimiser,
      batchSize,
      learningRate: trialRate(task),
      training: samples.all(),
      heldOut: heldOut.batch(task.selection.measureSamples),
      seed: random.integer(2 ** 32),
      stopped: () => jobs.closed,
    });
    if (importance && !jobs.closed) this.report(importance);
  }

  private report(measured: ImportanceScores): void {
    this.scores = { ...this.scores, ...measured, ...(this.norms && { norms: this.norms }) };
    this.options.onImportance(this.scores);
  }
}
