import type { EvaluateResult, Samples, Trainer } from '../../engine';
import { FtteError, type Random } from '../../platform';
import { type Sample, SampleStore } from '../../stream';
import { type Task, taskModel, taskSampleRows } from '../../task';
import type { Quality } from '../reports';

export interface EvaluatorOptions {
  readonly task: Task;
  readonly createTrainer: (() => Trainer) | undefined;
  readonly random: Random;
  /** Memory for the windows. */
  readonly heldOutBytes: number;
  /** Windows of before, which stay as far as they fit the task. Passed over where it has another capacity. */
  readonly heldOut?: SampleStore | undefined;
  readonly onProblem: (error: unknown) => void;
}

/** What the two models of a version are worth. */
export interface Judgement {
  readonly current: Quality;
  readonly average: Quality;
}

interface Job {
  readonly version: number;
  /** Undefined where a newer version came before this one's turn. */
  parameters: { readonly current: Float32Array; readonly average: Float32Array } | undefined;
  readonly done: (judgement: Judgement | undefined) => void;
}

type Held = ReturnType<SampleStore['list']>;

/** Windows that go to the engine in one request: copying them must not hold up the thread. */
const chunkBytes = 256 * 1024;

/**
 * Judges versions on held-out windows, in its own time: versions go on meanwhile. Where they come faster than they can
 * be judged, those in between are passed over (told as undefined, in order).
 */
export class Evaluator {
  /** The held-out windows. */
  readonly store: SampleStore;
  private trainer: Trainer | undefined;
  private configured = false;
  private line: Job[] = [];
  private working: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly options: EvaluatorOptions) {
    const { task, heldOutBytes, random, heldOut } = options;
    const sampleBytes = taskSampleRows(task) * task.input.channels.length * 4;
    const capacity = Math.max(1, task.labels.length, Math.floor(heldOutBytes / sampleBytes));
    this.store = heldOut?.capacity === capacity ? heldOut : new SampleStore({ capacity, random });
    this.store.fit(task);
  }

  /** Held-out windows kept. */
  get windows(): number {
    return this.store.size;
  }

  /** Held-out windows that there is room for. */
  get limit(): number {
    return this.store.limit;
  }

  /** Some of the held-out windows, as evenly over the labels as there are. */
  batch(count: number): Samples {
    return this.store.draw(count, this.options.random);
  }

  /** Versions that are being judged or wait for it. */
  get pending(): readonly number[] {
    return this.line.map(({ version }) => version);
  }

  /** Keeps a sample, balanced over the labels where there are labels. @throws FtteError as `SampleStore.add` */
  add(sample: Sample): void {
    this.store.add(sample);
  }

  /** Judges a version; the parameters are copied. `done` is called once, after that of every version before. */
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
    const waiting = this.line.length > 1 ? this.line.at(-1) : undefined;
    if (waiting) waiting.parameters = undefined;
    this.line.push({ version, parameters: { current: current.slice(), average: average.slice() }, done });
    this.working ??= this.work();
  }

  /** Ends what is being judged and closes the engine; versions in line are told as not judged. */
  async close(): Promise<void> {
    this.closed = true;
    const trainer = this.trainer;
    this.trainer = undefined;
    await trainer?.close();
    await this.working;
  }

  private async work(): Promise<void> {
    for (;;) {
      // All but the newest are passed over.
      while (this.line.length > 1) this.line.shift()?.done(undefined);
      const job = this.line[0];
      if (!job) {
        this.working = undefined;
        return;
      }
      const judgement = await this.run(job);
      this.line.shift();
      job.done(judgement);
    }
  }

  private async run({ parameters }: Job): Promise<Judgement | undefined> {
    try {
      const trainer = await this.ready();
      if (!parameters) return undefined;
      // Both models are measured on the same windows, whatever is added meanwhile.
      const held = this.store.list();
      const current = await this.measure(trainer, parameters.current, held);
      return { current, average: await this.measure(trainer, parameters.average, held) };
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

  private async measure(trainer: Trainer, parameters: Float32Array, held: Held): Promise<Quality> {
    await trainer.setParameters(parameters);
    const tally = this.options.task.kind === 'classification' ? new Confusions() : new Errors();
    const step = Math.max(1, Math.floor(chunkBytes / (held[0]?.window.byteLength ?? 1)));
    let loss = 0;
    for (let from = 0; from < held.length; from += step) {
      const result = await trainer.evaluate(this.store.batch(held.slice(from, from + step)));
      loss += result.loss * result.count;
      tally.add(result);
    }
    return { windows: held.length, loss: loss / held.length, ...tally.means };
  }
}

/** Which labels were taken for which, over several requests. */
class Confusions {
  private counts = new Float64Array(0);

  add({ confusion }: EvaluateResult): void {
    if (this.counts.length === 0) this.counts = new Float64Array(confusion.length);
    for (let i = 0; i < confusion.length; i++) this.counts[i]! += confusion[i]!;
  }

  get means() {
    return accuracies(this.counts, Math.round(Math.sqrt(this.counts.length)));
  }
}

/** How far off values are, over several requests. */
class Errors {
  private count = 0;
  private squared = 0;
  private absolute = 0;

  add({ count, errors }: EvaluateResult): void {
    this.count += count;
    this.squared += count * (errors?.meanSquared ?? Number.NaN);
    this.absolute += count * (errors?.meanAbsolute ?? Number.NaN);
  }

  get means() {
    return {
      meanAbsoluteError: this.absolute / this.count,
      meanSquaredError: this.squared / this.count,
    };
  }
}

/**
 * Accuracy, and balanced accuracy: the mean of the recalls of the labels that occur.
 * @param confusion `[label, predicted]`, counts
 */
export function accuracies(
  confusion: ArrayLike<number>,
  outputs: number,
): { accuracy: number; balancedAccuracy: number } {
  let total = 0;
  let right = 0;
  let recalls = 0;
  let labels = 0;
  for (let label = 0; label < outputs; label++) {
    let count = 0;
    for (let predicted = 0; predicted < outputs; predicted++) {
      count += confusion[label * outputs + predicted] ?? 0;
    }
    if (count === 0) continue;
    const hits = confusion[label * outputs + label] ?? 0;
    total += count;
    right += hits;
    recalls += hits / count;
    labels++;
  }
  return labels === 0
    ? { accuracy: 0, balancedAccuracy: 0 }
    : { accuracy: right / total, balancedAccuracy: recalls / labels };
}
