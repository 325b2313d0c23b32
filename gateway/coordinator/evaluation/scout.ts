import type { Samples, Trainer } from '../../engine';
import {
  densePlan,
  type ImportanceScores,
  type ModelSpec,
  parameterLayout,
  planSegments,
  scatterAdd,
} from '../../model';
import { allFinite, FtteError, type Random } from '../../platform';
import { measureImportance, measureNorms } from '../../selection';
import { type Sample, SampleStore } from '../../stream';
import { type Task, taskModel, taskSampleRows } from '../../task';
import type { Contribution } from '../aggregation/contribution';
import { GradientReports } from './gradient-reports';

export interface ScoutOptions {
  readonly task: Task;
  /** Makes the engine for one job; closed when it is done. Without it nothing is measured. */
  readonly createTrainer: (() => Trainer) | undefined;
  readonly random: Random;
  /** Memory for the samples, bytes. */
  readonly sampleBytes: number;
  /** What versions are judged on: the same windows judge trials. */
  readonly heldOut: { readonly windows: number; readonly limit: number; batch(count: number): Samples };
  /** The newest version. */
  readonly newest: () => { readonly version: number; readonly parameters: Float32Array };
  /** A warm start is over: these are the parameters to start from, or undefined where it came to nothing. */
  readonly onWarm: (parameters: Float32Array | undefined) => Promise<void>;
  readonly onImportance: (importance: ImportanceScores) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Where a lineage stands when its coordinator starts. */
export interface ScoutStart {
  /** Nothing was learned yet: a warm start has its place. */
  readonly fresh: boolean;
  /** Version 0 is not the seeded one: an imported model. */
  readonly imported: boolean;
  /** What was measured before a restart. */
  readonly importance: ImportanceScores | undefined;
}

type Job = 'warm-start' | 'measure';

/**
 * So many times the samples wanted are taken at most before the job begins: one rare label, whose even share does not
 * come together, must not hold up a federation.
 */
export const patience = 4;

/** The largest rate that a warm start takes by itself, however few steps the rounds have that the task's rate is for. */
const largestRate = 0.01;

/** Strategies that go by something that only a coordinator can measure. */
const measuring: ReadonlySet<string> = new Set(['contribution', 'gradient', 'dynamic']);

/**
 * Goes ahead of the gateways on samples that a person feeds the coordinator: trains version 0 for a while (a warm
 * start), and measures what gateways choose their plans by. One job at a time, each in an engine of its own that is
 * gone when the job is done.
 */
export class Scout {
  importance: ImportanceScores | undefined;
  private readonly model: ModelSpec;
  private readonly store: SampleStore;
  private warm: boolean;
  private measure: boolean;
  /** Of the first version's units, where it is not the seeded one. */
  private norms: Uint8Array | undefined;
  private mine = false;
  private taken = 0;
  private readonly reports: GradientReports | undefined;
  private trainer: Trainer | undefined;
  private working: Promise<void> | undefined;
  private open = false;
  private closed = false;

  constructor(private readonly options: ScoutOptions) {
    const { task, createTrainer, random, sampleBytes } = options;
    this.model = taskModel(task);
    this.warm = task.warmStart !== undefined;
    this.measure = createTrainer !== undefined && measuring.has(task.selection.strategy);
    const bytes = taskSampleRows(task) * task.input.channels.length * Float32Array.BYTES_PER_ELEMENT;
    const most = Math.max(1, Math.floor(sampleBytes / bytes));
    this.store = new SampleStore({ capacity: Math.min(most, this.wanted), random });
    this.store.fit(task);
    if (task.selection.strategy === 'gradient' || task.selection.strategy === 'dynamic')
      this.reports = new GradientReports(parameterLayout(this.model));
  }

  /** True until a warm start is done: gateways must not train from what comes before. */
  get warming(): boolean {
    return this.warm;
  }

  /** Samples that are still missing for what comes next. */
  get missing(): number {
    return this.warm && !this.enough ? this.store.limit - this.store.size : 0;
  }

  /** Begins where the lineage stands. */
  start({ fresh, imported, importance }: ScoutStart): void {
    this.open = true;
    this.importance = importance;
    this.warm &&= fresh;
    this.measure &&= importance?.gains === undefined && importance?.gradients === undefined;
    this.norms = importance?.norms;
    if (this.warm && !this.options.createTrainer) {
      this.warm = false;
      this.options.onProblem(new FtteError('engine-unavailable', 'no engine to make a warm start with'));
    }
    if (imported && !importance) {
      const { version, parameters } = this.options.newest();
      this.norms = measureNorms(this.model, parameters);
      this.tell({ version });
    }
    this.next();
  }

  /**
   * Takes a sample that was fed to the coordinator, if it has a use for it; what it does not take is for judging
   * versions: never the same sample for both. A warm start takes the first ones, measuring every other one.
   * @returns whether it was taken
   * @throws FtteError as `SampleStore.add`
   */
  offer(sample: Sample): boolean {
    this.mine = this.warm || (this.measure && !this.mine);
    if (this.enough || this.closed || !this.mine) return false;
    this.store.add(sample);
    this.taken++;
    return true;
  }

  /** Hears what a version was made of: updates of gateways that train everything are measurements, too. */
  heard(version: number, contributions: readonly Contribution[]): void {
    let gradients: Uint8Array | undefined;
    for (const { segments, delta } of contributions) {
      gradients = this.reports?.add(segments, delta) ?? gradients;
    }
    // Once a version: gateways know the importance scores by its version.
    if (gradients) this.tell({ version, gradients });
  }

  /** Begins what can be begun; call it when samples came. */
  next(): void {
    const job = this.dueJob();
    if (!job || this.working || !this.open || this.closed) return;
    this.working = this.run(job)
      .catch((error) => {
        if (!this.closed) this.options.onProblem(error);
      })
      .finally(() => {
        this.working = undefined;
        this.next();
      });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.trainer?.close();
    await this.working;
  }

  /** Samples for a warm start, or the half that trials are trained on. */
  private get wanted(): number {
    const { warmStart, selection } = this.options.task;
    return warmStart?.samples ?? Math.ceil(selection.measureSamples / 2);
  }

  private get enough(): boolean {
    const { size, limit, capacity } = this.store;
    return size >= limit || this.taken >= patience * capacity;
  }

  private dueJob(): Job | undefined {
    if (!this.enough) return undefined;
    if (this.warm) return 'warm-start';
    const { task, heldOut } = this.options;
    const judges = Math.min(heldOut.limit, Math.ceil(task.selection.measureSamples / 2));
    return this.measure && heldOut.windows >= judges ? 'measure' : undefined;
  }

  private async run(job: Job): Promise<void> {
    const { createTrainer } = this.options;
    if (!createTrainer) return;
    // Whatever becomes of it, it is not tried again and again.
    if (job === 'measure') this.measure = false;
    const trainer = createTrainer();
    this.trainer = trainer;
    try {
      if (job === 'warm-start') await this.warmUp(trainer);
      else await this.survey(trainer);
    } catch (error) {
      if (this.warm && !this.closed) {
        this.warm = false;
        await this.options.onWarm(undefined);
      }
      throw error;
    } finally {
      this.trainer = undefined;
      await trainer.close();
    }
  }

  private async warmUp(trainer: Trainer): Promise<void> {
    const { task, newest, onWarm, random } = this.options;
    const { batchSize, optimiser } = task.training;
    const layout = parameterLayout(this.model);
    const plan = densePlan(layout, batchSize);
    const parameters = newest().parameters.slice();
    await trainer.configure({ model: this.model, plan, optimiser, batchSize });
    await trainer.setParameters(parameters.slice());
    const { epochs = 1, learningRate = Math.min(task.training.learningRate, largestRate) } =
      task.warmStart ?? {};
    const { delta, lossBefore, lossAfter } = await trainer.train(this.store.all(), {
      epochs,
      learningRate,
      seed: random.integer(2 ** 32),
    });
    if (!allFinite(delta) || lossAfter > lossBefore) {
      const text = `the warm start made the model worse (loss ${lossBefore} before, ${lossAfter} after): a warmStart.learningRate below ${learningRate} may help`;
      throw new FtteError('update-rejected', text);
    }
    scatterAdd(parameters, planSegments(layout, plan), delta);
    if (this.closed) return;
    // Told first: once the version is there, a restart would not measure it again.
    this.norms = measureNorms(this.model, parameters);
    this.tell({ version: newest().version + 1 });
    this.warm = false;
    await onWarm(parameters);
  }

  private async survey(trainer: Trainer): Promise<void> {
    const { task, heldOut, random } = this.options;
    const { version, parameters } = this.options.newest();
    const { optimiser, batchSize, learningRate } = task.training;
    const importance = await measureImportance(task.selection.strategy, {
      trainer,
      model: this.model,
      parameters: parameters.slice(),
      version,
      optimiser,
      batchSize,
      learningRate,
      training: this.store.all(),
      heldOut: heldOut.batch(task.selection.measureSamples),
      seed: random.integer(2 ** 32),
      stopped: () => this.closed,
    });
    if (importance && !this.closed) this.tell(importance);
  }

  private tell(importance: ImportanceScores): void {
    this.importance = { ...this.importance, ...importance, ...(this.norms && { norms: this.norms }) };
    this.options.onImportance(this.importance);
  }
}
