import { addScore, type ScoreHistogram, scoreHistogram } from '../../metrics';
import { classesOf } from '../../model';
import { FtteError } from '../../platform';
import type { BoundSchedule, Run, Step } from '../arena/schedule';
import type { Augmenter } from '../augmentation';
import { checkInputs, checkParameters, checkSamples } from '../interface/checks';
import type {
  EngineKind,
  EvaluateResult,
  MemoryReport,
  Program,
  ProgramRequest,
  Samples,
  TrainOptions,
  TrainResult,
} from '../interface/engine';
import type { ArenaHost, OpenArena } from '../kernels/host';
import { BatchLoader } from './batch-loader';
import { requireBudget } from './budget';
import { type Compiled, compileSchedule } from './compile';
import { trainRound } from './round';

/** Content of memory before anything is written to it, so that written places can be found later. */
const fillByte = 0xa5;

/** @throws FtteError `plan-invalid`, `model-invalid`, `budget-too-small`, `engine-unavailable` */
export function compileProgram(request: ProgramRequest, open: OpenArena): Program {
  const compiled = compileSchedule(request);
  requireBudget(request, compiled.memory, (other) => compileSchedule(other).memory);
  return new ArenaProgram(compiled, open(compiled.memory.peakBytes));
}

/** A compiled schedule with memory under it. */
export class ArenaProgram implements Program {
  readonly kind: EngineKind;
  readonly memory: MemoryReport;
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
  /** The parameters that were loaded last. */
  private base: Float32Array | undefined;
  private readonly steps: BoundSchedule;
  private readonly feed: BatchLoader;
  private released = false;
  readonly run: Run = {
    count: 0,
    scale: 0,
    labelled: false,
    learningRate: 0,
    seed: 0,
    first: 0,
    step: 0,
    loss: 0,
    squares: 0,
  };

  constructor(
    readonly compiled: Compiled,
    private readonly host: ArenaHost,
  ) {
    this.kind = host.kind;
    this.memory = compiled.memory;
    this.floats = new Float32Array(host.buffer, 0, host.buffer.byteLength >> 2);
    const ints = new Int32Array(host.buffer, 0, host.buffer.byteLength >> 2);
    this.bytes = new Uint8Array(host.buffer, 0, this.memory.peakBytes);
    this.bytes.fill(fillByte);
    this.steps = compiled.schedule.bind(host.kernels, ints);
    this.feed = new BatchLoader(compiled, this.floats, ints);
  }

  get arenaBytes(): number {
    let end = this.bytes.length;
    while (end > 0 && this.bytes[end - 1] === fillByte) end--;
    return end;
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.base = undefined;
    this.host.release?.();
  }

  loadParameters(flat: Float32Array): void {
    this.requireMemory();
    checkParameters(flat, this.compiled.parameterCount);
    this.base = flat;
    this.compiled.parameters.load(this, flat);
  }

  /** @throws FtteError `not-ready` */
  get loaded(): Float32Array {
    if (!this.base) throw new FtteError('not-ready', 'the program has no parameters yet: load them first');
    return this.base;
  }

  readParameters(into = new Float32Array(this.compiled.parameterCount)): Float32Array {
    this.requireMemory();
    this.compiled.parameters.read(this, into);
    return into;
  }

  train(samples: Samples, options: TrainOptions): TrainResult {
    this.requireMemory();
    checkSamples(this.compiled.model, samples);
    return trainRound(this, samples, options);
  }

  evaluate(samples: Samples): EvaluateResult {
    this.requireMemory();
    checkSamples(this.compiled.model, samples);
    const { model } = this.compiled;
    const { count } = samples;
    const classes = classesOf(model);
    const confusion = new Uint32Array(classes * classes);
    const scores = scoreHistogram(classes);
    const sums = { squares: 0, sizes: 0 };
    const loss = this.forwardAll(samples, undefined, (example, at, b) => {
      if (classes === 0) {
        this.addErrors(sums, at, b);
        return;
      }
      const label = samples.y[example]!;
      confusion[label * classes + this.predictedClass(at)]!++;
      if (scores) this.addScores(scores, label, at, classes);
    });
    const result = { count, loss: count === 0 ? 0 : loss / count, confusion, scores };
    if (classes > 0) return result;
    const values = Math.max(1, count * model.outputs);
    return { ...result, errors: { meanSquared: sums.squares / values, meanAbsolute: sums.sizes / values } };
  }

  predict(x: Float32Array, count: number): Float32Array {
    this.requireMemory();
    checkInputs(this.compiled.model, x, count);
    const { microBatch, model, output } = this.compiled;
    const { outputs } = model;
    const answers = new Float32Array(count * outputs);
    for (let from = 0; from < count; from += microBatch) {
      const taken = Math.min(microBatch, count - from);
      this.fill(x, undefined, undefined, from, taken);
      this.forward(0);
      for (let b = 0; b < taken; b++) {
        const at = (output.buffer.offset >> 2) + output.lead + b * output.example;
        for (let c = 0; c < outputs; c++) answers[(from + b) * outputs + c] = this.floats[at + c]!;
      }
    }
    return answers;
  }

  /**
   * Sum of the losses of the chosen samples (all of them without `order`), micro-batch by micro-batch.
   * @param onExample called for each example with the place of its outputs, and its place in the micro-batch
   */
  forwardAll(
    samples: Samples,
    order: Uint32Array | undefined,
    onExample?: (example: number, at: number, b: number) => void,
  ): number {
    const { microBatch, output } = this.compiled;
    const count = order ? order.length : samples.count;
    this.run.loss = 0;
    for (let from = 0; from < count; from += microBatch) {
      const taken = Math.min(microBatch, count - from);
      this.fill(samples.x, samples.y, order, from, taken);
      this.forward(0);
      for (let b = 0; onExample && b < taken; b++) {
        const at = (output.buffer.offset >> 2) + output.lead + b * output.example;
        onExample(order ? order[from + b]! : from + b, at, b);
      }
    }
    return this.run.loss;
  }

  /** Another program may be at work there. */
  private requireMemory(): void {
    if (this.released) throw new FtteError('not-ready', 'the program was released: compile it again');
  }

  /** The likeliest class of an example whose probabilities are at `at`. */
  private predictedClass(at: number): number {
    const { outputs } = this.compiled.model;
    if (classesOf(this.compiled.model) !== outputs) return this.floats[at]! > 0.5 ? 1 : 0;
    let best = 0;
    for (let c = 1; c < outputs; c++) if (this.floats[at + c]! > this.floats[at + best]!) best = c;
    return best;
  }

  /** Counts the probabilities of an example whose outputs are at `at`; one output answers yes or no. */
  private addScores(scores: ScoreHistogram, label: number, at: number, classes: number): void {
    const isOne = this.compiled.model.outputs === 1;
    for (let c = 0; c < classes; c++) {
      const probability = isOne ? Math.abs(this.floats[at]! - (1 - c)) : this.floats[at + c]!;
      addScore(scores, c, c === label, probability);
    }
  }

  /** Adds the squares and sizes of the errors of an example whose outputs are at `at`. */
  private addErrors(sums: { squares: number; sizes: number }, at: number, b: number): void {
    const { target, model } = this.compiled;
    if (target.kind !== 'values') return;
    const { view } = target;
    const wanted = (view.buffer.offset >> 2) + view.lead + b * view.example;
    for (let i = 0; i < model.outputs; i++) {
      const error = this.floats[at + i]! - this.floats[wanted + i]!;
      sums.squares += error * error;
      sums.sizes += Math.abs(error);
    }
  }

  /** Runs the forward pass and the loss on the micro-batch that was filled in. */
  forward(scale: number): void {
    this.run.scale = scale;
    this.each(this.steps.forward);
  }

  /** One optimiser step over `order[from .. from + size)`, in micro-batches; the gradient is the mean over them. */
  step(samples: Samples, order: Uint32Array, from: number, size: number, augmenter?: Augmenter): void {
    const { microBatch } = this.compiled;
    this.run.squares = 0;
    this.each(this.steps.batchStart);
    for (let done = 0; done < size; done += microBatch) {
      this.run.first = done;
      this.fill(samples.x, samples.y, order, from + done, Math.min(microBatch, size - done), augmenter);
      this.forward(1 / size);
      this.each(this.steps.backward);
    }
    this.each(this.steps.batchEnd);
  }

  /**
   * One optimiser step with differential privacy over the samples in `order`, one at a time.
   * @param addExample takes what the gradient of one example is, before the next one's is there
   * @param addNoise finishes the sum
   */
  privateStep(
    samples: Samples,
    order: Uint32Array,
    addExample: () => void,
    addNoise: () => void,
    augmenter?: Augmenter,
  ): void {
    this.run.squares = 0;
    this.each(this.steps.batchStart);
    for (let i = 0; i < order.length; i++) {
      this.run.first = i;
      this.fill(samples.x, samples.y, order, i, 1, augmenter);
      this.forward(1);
      this.each(this.steps.backward);
      addExample();
    }
    addNoise();
    this.each(this.steps.batchEnd);
  }

  private each(steps: readonly Step[]): void {
    for (let i = 0; i < steps.length; i++) steps[i]!(this.run);
  }

  /** Copies `count` examples into the arena, with their targets if `y` is given. */
  private fill(
    x: Float32Array,
    y: Uint16Array | undefined,
    order: Uint32Array | undefined,
    from: number,
    count: number,
    augmenter?: Augmenter,
  ): void {
    this.feed.fill(x, y, order, from, count, augmenter, this.run);
    this.run.count = count;
    this.run.labelled = y !== undefined;
  }
}
