import type { Samples, Trainer } from '../../engine';
import { FtteError, type Random } from '../../platform';
import { type Sample, SampleStore } from '../../stream';
import { type Task, taskModel, taskSampleRows } from '../../task';
import type { Quality } from '../reports';
import { PeopleTally } from './figures/people-tally';
import { WindowOwners } from './figures/window-owners';
import { UnusualWindows } from './unusual-windows';

/** Options of an evaluator. */
export interface EvaluatorOptions {
  readonly task: Task;
  /** Creates the engine that judges; without it versions are not judged. */
  readonly createTrainer: (() => Trainer) | undefined;
  readonly random: Random;
  /** Memory for the windows, bytes. */
  readonly heldOutBytes: number;
  /** Whether a window that comes again is ignored, because it may be on disk from before a restart. */
  readonly distinct: boolean;
  /** Windows name more people than are judged by themselves; called once. */
  readonly onManyPeople?: (() => void) | undefined;
  readonly onProblem: (error: unknown) => void;
}

/** The quality of the two models of a version. */
export interface Judgement {
  readonly current: Quality;
  readonly average: Quality;
}

/** Size of the windows that go to the engine in one request: copying them must not block the event loop. */
const chunkBytes = 256 * 1024;

/**
 * Judges versions on held-out windows in the background, while further versions are made. If versions come faster than
 * they can be judged, those in between are skipped (reported as undefined, in order).
 */
export class Evaluator {
  /** The held-out windows. */
  readonly store: SampleStore;
  private readonly owners: WindowOwners;
  private readonly unusual: UnusualWindows;
  private trainer: Trainer | undefined;
  private configured = false;
  private waiting: Job[] = [];
  private working: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly options: EvaluatorOptions) {
    const { task, heldOutBytes, random, distinct, onManyPeople } = options;
    this.owners = new WindowOwners(() => onManyPeople?.());
    const sampleBytes = taskSampleRows(task) * task.input.channels.length * 4;
    const capacity = Math.max(1, task.labels.length, Math.floor(heldOutBytes / sampleBytes));
    this.store = new SampleStore({ capacity, random, distinct });
    this.store.fit(task);
    this.unusual = new UnusualWindows(task, Math.ceil(capacity / 4), random);
  }

  /** Held-out windows kept. */
  get windows(): number {
    return this.store.size;
  }

  /** The number of held-out windows that fit. */
  get limit(): number {
    return this.store.limit;
  }

  /** Draws held-out windows, as evenly over the labels as they allow. */
  batch(count: number): Samples {
    return this.store.draw(count, this.options.random);
  }

  /** Versions that are being judged or wait to be. */
  get pending(): readonly number[] {
    return this.waiting.map(({ version }) => version);
  }

  /** Adds a sample; the store balances labels, if there are labels. @throws FtteError as `SampleStore.add` */
  add(sample: Sample): void {
    if (sample.unusual && this.options.task.kind === 'anomaly') this.unusual.add(sample.window);
    else {
      this.store.add(sample);
      this.owners.add(sample);
    }
  }

  /** Judges a version; the parameters are copied. `done` is called once, in the order of the versions. */
  judge(
    version: number,
    current: Float32Array,
    average: Float32Array,
    done: (judgement: Judgement | undefined) => void,
  ): void {
    const idle = this.working === undefined;
    if (idle && (this.closed || this.windows === 0 || !this.options.createTrainer)) {
      done(undefined);
      return;
    }
    const skipped = this.waiting.length > 1 ? this.waiting.at(-1) : undefined;
    if (skipped) skipped.parameters = undefined;
    this.waiting.push({ version, parameters: { current: current.slice(), average: average.slice() }, done });
    this.working ??= this.work();
  }

  /** Ends the present judgement and closes the engine; waiting versions are reported as not judged. */
  async close(): Promise<void> {
    this.closed = true;
    const trainer = this.trainer;
    this.trainer = undefined;
    await trainer?.close();
    await this.working;
  }

  private async work(): Promise<void> {
    for (;;) {
      // All but the newest are skipped.
      while (this.waiting.length > 1) this.waiting.shift()?.done(undefined);
      const job = this.waiting[0];
      if (!job) {
        this.working = undefined;
        return;
      }
      const judgement = await this.run(job);
      this.waiting.shift();
      job.done(judgement);
    }
  }

  private async run({ parameters }: Job): Promise<Judgement | undefined> {
    try {
      const trainer = await this.ready();
      if (!parameters) return undefined;
      // Both models are measured on the same windows, even if more are added meanwhile.
      const windows = this.store.list();
      const current = await this.measure(trainer, parameters.current, windows);
      return { current, average: await this.measure(trainer, parameters.average, windows) };
    } catch (error) {
      if (!this.closed) this.options.onProblem(error);
      return undefined;
    }
  }

  private async ready(): Promise<Trainer> {
    if (this.closed) throw new FtteError('cancelled', 'the coordinator stopped');
    this.trainer ??= this.options.createTrainer?.();
    const { trainer } = this;
    if (!trainer) throw new FtteError('engine-unavailable', 'no engine to judge versions with');
    if (!this.configured) {
      await trainer.configure({ model: taskModel(this.options.task) });
      this.configured = true;
    }
    return trainer;
  }

  private async measure(trainer: Trainer, parameters: Float32Array, windows: Windows): Promise<Quality> {
    await trainer.setParameters(parameters);
    const tally = new PeopleTally(this.options.task);
    const step = Math.max(1, Math.floor(chunkBytes / (windows[0]?.window.byteLength ?? 1)));
    for (const [person, own] of this.owners.group(windows)) {
      for (let from = 0; from < own.length; from += step) {
        const samples = this.store.batch(own.slice(from, from + step));
        tally.add(person, await trainer.evaluate(samples), samples);
      }
    }
    const ordinary = windows.map(({ window }) => window);
    const detection = await this.unusual.detection(trainer, ordinary, step);
    return { ...tally.quality, ...(detection && { detection }) };
  }
}

type Windows = ReturnType<SampleStore['list']>;

/** A version to be judged. */
interface Job {
  readonly version: number;
  /** Undefined if a newer version came before this one's turn. */
  parameters: { readonly current: Float32Array; readonly average: Float32Array } | undefined;
  readonly done: (judgement: Judgement | undefined) => void;
}
