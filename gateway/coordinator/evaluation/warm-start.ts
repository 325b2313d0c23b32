import type { Trainer } from '../../engine';
import { densePlan, type ModelSpec, parameterLayout, planSegments, scatterAdd } from '../../model';
import { allFinite, FtteError, type Random } from '../../platform';
import type { Sample } from '../../stream';
import { localRate, type Task, taskModel } from '../../task';
import type { EngineJobs } from './engine-jobs';
import type { TrainingSamples } from './training-samples';

/** Options of a warm start. */
export interface WarmStartOptions {
  readonly task: Task;
  readonly jobs: EngineJobs;
  readonly samples: TrainingSamples;
  readonly random: Random;
  /** Parameters of the newest version. */
  readonly parameters: () => Float32Array;
  /** The warm start is over. `parameters` are the trained ones, or undefined if it failed. */
  readonly onDone: (parameters: Float32Array | undefined) => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}

/** The largest default rate, however few steps the rounds have that the task's rate is for. */
const largestRate = 0.01;

/**
 * Trains version 0 at the coordinator, on the first samples that a person feeds, before any gateway trains
 * (`warmStart` of a task). It happens once, at the start of a lineage.
 */
export class WarmStart {
  private readonly model: ModelSpec;
  private isPending: boolean;
  private isOpen = false;
  private running = false;

  constructor(private readonly options: WarmStartOptions) {
    this.model = taskModel(options.task);
    this.isPending = options.task.warmStart !== undefined;
  }

  /** True until the warm start is over: gateways must not train from what comes before. */
  get pending(): boolean {
    return this.isPending;
  }

  /** Samples that are still missing; 0 while it trains, and afterwards. */
  get missing(): number {
    return this.isPending ? this.options.samples.missing : 0;
  }

  /** Begins at the present point of the lineage. @param fresh nothing has been learned yet */
  start(fresh: boolean): void {
    this.isOpen = true;
    this.isPending &&= fresh;
    if (this.isPending && !this.options.jobs.available) {
      this.isPending = false;
      this.options.onProblem(new FtteError('engine-unavailable', 'no engine to make a warm start with'));
    }
    this.trainIfDue();
  }

  /**
   * Takes a sample if it needs one.
   * @returns whether it was taken
   * @throws FtteError as `SampleStore.add`
   */
  offer(sample: Sample): boolean {
    const { samples, jobs } = this.options;
    if (!this.isPending || samples.enough || jobs.closed) return false;
    samples.add(sample);
    this.trainIfDue();
    return true;
  }

  private trainIfDue(): void {
    const { jobs, samples } = this.options;
    if (!this.isPending || !this.isOpen || this.running || !samples.enough || jobs.closed) return;
    this.running = true;
    jobs.run((trainer) => this.run(trainer)).catch((error) => this.fail(error));
  }

  private async run(trainer: Trainer): Promise<void> {
    const parameters = await this.train(trainer);
    if (this.options.jobs.closed) return;
    this.isPending = false;
    await this.options.onDone(parameters);
  }

  private async fail(error: unknown): Promise<void> {
    const { jobs, onDone, onProblem } = this.options;
    if (jobs.closed) return;
    onProblem(error);
    if (!this.isPending) return;
    this.isPending = false;
    await onDone(undefined).catch(onProblem);
  }

  private async train(trainer: Trainer): Promise<Float32Array> {
    const { task, samples, random } = this.options;
    const { batchSize, optimiser } = task.training;
    const layout = parameterLayout(this.model);
    const plan = densePlan(layout, batchSize);
    const parameters = this.options.parameters().slice();
    await trainer.configure({ model: this.model, plan, optimiser, batchSize });
    await trainer.setParameters(parameters.slice());
    const { epochs = 1, learningRate = Math.min(localRate(task, 0), largestRate) } = task.warmStart ?? {};
    const { delta, lossBefore, lossAfter } = await trainer.train(samples.all(), {
      epochs,
      learningRate,
      seed: random.integer(2 ** 32),
    });
    if (!allFinite(delta) || lossAfter > lossBefore) {
      const text = `the warm start made the model worse (loss ${lossBefore} before, ${lossAfter} after): a warmStart.learningRate below ${learningRate} may help`;
      throw new FtteError('update-rejected', text);
    }
    scatterAdd(parameters, planSegments(layout, plan), delta);
    return parameters;
  }
}
