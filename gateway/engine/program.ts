import { FtteError } from '../platform';
import type { BoundSchedule, Run, Step } from './arena/schedule';
import { type Compiled, compileSchedule } from './compile';
import type {
  EngineKind,
  EvaluateResult,
  MemoryReport,
  Program,
  ProgramRequest,
  Samples,
  TrainOptions,
  TrainResult,
} from './engine';
import type { ArenaHost, OpenArena } from './kernels/host';
import { trainRound } from './round';

/** What memory holds before anything is written to it, so that it can be seen later what was. */
const paint = 0xa5;

/** @throws FtteError `plan-invalid`, `model-invalid`, `engine-unavailable` */
export function compileProgram(request: ProgramRequest, open: OpenArena): Program {
  const compiled = compileSchedule(request);
  return new ArenaProgram(compiled, open(compiled.memory.peakBytes));
}

/** A compiled schedule with memory under it. */
export class ArenaProgram implements Program {
  readonly kind: EngineKind;
  readonly memory: MemoryReport;
  readonly floats: Float32Array;
  private readonly ints: Int32Array;
  readonly bytes: Uint8Array;
  private readonly steps: BoundSchedule;
  private readonly inputSize: number;
  readonly run: Run = {
    count: 0,
    scale: 0,
    labelled: false,
    learningRate: 0,
    step: 0,
    loss: 0,
    squares: 0,
  };

  constructor(
    readonly compiled: Compiled,
    host: ArenaHost,
  ) {
    this.kind = host.kind;
    this.memory = compiled.memory;
    this.floats = new Float32Array(host.buffer, 0, host.buffer.byteLength >> 2);
    this.ints = new Int32Array(host.buffer, 0, host.buffer.byteLength >> 2);
    this.bytes = new Uint8Array(host.buffer, 0, this.memory.peakBytes);
    this.bytes.fill(paint);
    this.steps = compiled.schedule.bind(host.kernels, this.ints);
    this.inputSize = compiled.input.size;
  }

  get arenaBytes(): number {
    let end = this.bytes.length;
    while (end > 0 && this.bytes[end - 1] === paint) end--;
    return end;
  }

  loadParameters(flat: Float32Array): void {
    const wanted = this.compiled.parameterCount;
    if (flat.length !== wanted) {
      throw new FtteError('model-invalid', `got ${flat.length} parameters, the model has ${wanted}`, {
        got: flat.length,
        wanted,
      });
    }
    this.compiled.parameters.load(this, flat);
  }

  readParameters(into = new Float32Array(this.compiled.parameterCount)): Float32Array {
    this.compiled.parameters.read(this, into);
    return into;
  }

  train(samples: Samples, options: TrainOptions): TrainResult {
    this.check(samples);
    return trainRound(this, samples, options);
  }

  evaluate(samples: Samples): EvaluateResult {
    this.check(samples);
    const { outputs } = this.compiled.model;
    const confusion = new Uint32Array(outputs * outputs);
    const loss = this.forwardAll(samples, undefined, (example, predicted) => {
      confusion[samples.y[example]! * outputs + predicted]!++;
    });
    return { count: samples.count, loss: samples.count === 0 ? 0 : loss / samples.count, confusion };
  }

  predict(x: Float32Array, count: number): Float32Array {
    this.checkInput(x, count);
    const { outputs } = this.compiled.model;
    const { microBatch, output } = this.compiled;
    const probabilities = new Float32Array(count * outputs);
    for (let from = 0; from < count; from += microBatch) {
      const taken = Math.min(microBatch, count - from);
      this.fill(x, undefined, undefined, from, taken);
      this.forward(0);
      for (let b = 0; b < taken; b++) {
        const at = (output.buffer.offset >> 2) + output.lead + b * output.example;
        for (let c = 0; c < outputs; c++) probabilities[(from + b) * outputs + c] = this.floats[at + c]!;
      }
    }
    return probabilities;
  }

  /** Sum of the losses of the chosen samples (all of them without `order`), micro-batch by micro-batch. */
  forwardAll(
    samples: Samples,
    order: Uint32Array | undefined,
    onExample?: (example: number, predicted: number) => void,
  ): number {
    const { microBatch, output, model } = this.compiled;
    const count = order ? order.length : samples.count;
    this.run.loss = 0;
    for (let from = 0; from < count; from += microBatch) {
      const taken = Math.min(microBatch, count - from);
      this.fill(samples.x, samples.y, order, from, taken);
      this.forward(0);
      for (let b = 0; onExample && b < taken; b++) {
        const at = (output.buffer.offset >> 2) + output.lead + b * output.example;
        let best = 0;
        for (let c = 1; c < model.outputs; c++) if (this.floats[at + c]! > this.floats[at + best]!) best = c;
        onExample(order ? order[from + b]! : from + b, best);
      }
    }
    return this.run.loss;
  }

  /** Runs the forward pass and the loss on the micro-batch that was filled in. */
  forward(scale: number): void {
    this.run.scale = scale;
    this.each(this.steps.forward);
  }

  /** One optimiser step over `order[from .. from + size)`, in micro-batches; the gradient is the mean over them. */
  step(samples: Samples, order: Uint32Array, from: number, size: number): void {
    const { microBatch } = this.compiled;
    this.run.squares = 0;
    this.each(this.steps.batchStart);
    for (let done = 0; done < size; done += microBatch) {
      this.fill(samples.x, samples.y, order, from + done, Math.min(microBatch, size - done));
      this.forward(1 / size);
      this.each(this.steps.backward);
    }
    this.each(this.steps.batchEnd);
  }

  private each(steps: readonly Step[]): void {
    for (let i = 0; i < steps.length; i++) steps[i]!(this.run);
  }

  /** Copies `count` examples (and labels) into the arena. */
  private fill(
    x: Float32Array,
    y: Uint16Array | undefined,
    order: Uint32Array | undefined,
    from: number,
    count: number,
  ): void {
    const { input, labels } = this.compiled;
    const { floats, ints, inputSize } = this;
    const firstInput = (input.buffer.offset >> 2) + input.lead;
    const firstLabel = labels.offset >> 2;
    for (let b = 0; b < count; b++) {
      const example = order ? order[from + b]! : from + b;
      const source = example * inputSize;
      // The one thing made in a step is this view: an element-wise loop takes ten times as long.
      floats.set(x.subarray(source, source + inputSize), firstInput + b * input.example);
      if (y) ints[firstLabel + b] = y[example]!;
    }
    this.run.count = count;
    this.run.labelled = y !== undefined;
  }

  private checkInput(x: Float32Array, count: number): void {
    if (!Number.isInteger(count) || count < 0 || x.length !== count * this.inputSize) {
      const shape = this.compiled.model.input;
      throw new FtteError(
        'window-shape',
        `${count} examples of [${shape}] are ${count * this.inputSize} values, got ${x.length}`,
        { got: x.length, wanted: count * this.inputSize },
      );
    }
  }

  private check({ x, y, count }: Samples): void {
    this.checkInput(x, count);
    const { outputs } = this.compiled.model;
    if (y.length !== count) {
      throw new FtteError('label-unknown', `${count} examples have ${y.length} labels`);
    }
    for (let i = 0; i < count; i++) {
      if (y[i]! < outputs) continue;
      throw new FtteError(
        'label-unknown',
        `example ${i} has label ${y[i]}, the model has ${outputs} outputs`,
      );
    }
  }
}
