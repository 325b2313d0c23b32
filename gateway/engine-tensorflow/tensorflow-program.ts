import type { Tensor } from '@tensorflow/tfjs';
import {
  checkInputs,
  checkParameters,
  checkSamples,
  type EvaluateResult,
  type MemoryReport,
  type Program,
  type ProgramRequest,
  type Samples,
  type TrainOptions,
  type TrainResult,
} from '../engine';
import { addScore, scoreHistogram } from '../metrics';
import {
  classesOf,
  type ModelSpec,
  type ParameterLayout,
  type ParameterTensor,
  parameterLayout,
} from '../model';
import { FtteError, type SeededRandom } from '../platform';
import { Examples } from './examples';
import { type DropoutMask, forward, type LayerTensors } from './forward';
import { answers, lossSum } from './losses';
import { leastMemory } from './memory';
import type { TensorFlow } from './tensorflow';
import { trainRound } from './train-round';

/** Examples that are predicted or evaluated at a time. */
const forwardBatch = 64;

/**
 * A model behind the engine's interface, computed by TensorFlow. Between calls it holds plain arrays only: tensors live
 * within one call, so that a program that is dropped leaves nothing behind in TensorFlow's memory.
 */
export class TensorFlowProgram implements Program {
  readonly kind = 'tensorflow';
  readonly memory: MemoryReport;
  readonly layout: ParameterLayout;
  readonly examples: Examples;
  readonly flat: Float32Array;
  private seenBytes = 0;
  private released = false;

  constructor(
    private readonly tf: TensorFlow,
    readonly request: ProgramRequest,
  ) {
    if (request.perExample) {
      throw new FtteError(
        'plan-invalid',
        'TensorFlow does not clip the gradient of each example: rounds with differential privacy need the engine of this package',
      );
    }
    this.layout = parameterLayout(request.model);
    this.memory = leastMemory(request);
    this.examples = new Examples(request.model);
    this.flat = new Float32Array(this.layout.size);
  }

  /** Bytes of all tensors at the end of the largest forward pass so far, TensorFlow's other programs included. */
  get arenaBytes(): number {
    return this.seenBytes;
  }

  get model(): ModelSpec {
    return this.request.model;
  }

  /** Nothing is held from call to call, so there is nothing to give back. */
  release(): void {
    this.released = true;
  }

  loadParameters(flat: Float32Array): void {
    this.requireMemory();
    checkParameters(flat, this.layout.size);
    this.flat.set(flat);
  }

  readParameters(into = new Float32Array(this.layout.size)): Float32Array {
    this.requireMemory();
    into.set(this.flat);
    return into;
  }

  train(samples: Samples, options: TrainOptions): TrainResult {
    this.requireMemory();
    checkSamples(this.model, samples);
    if (options.privacy)
      throw new FtteError('plan-invalid', 'this program does not clip the gradient of each example');
    return trainRound(this, samples, options);
  }

  evaluate(samples: Samples): EvaluateResult {
    this.requireMemory();
    checkSamples(this.model, samples);
    const { count } = samples;
    const classes = classesOf(this.model);
    const confusion = new Uint32Array(classes * classes);
    const scores = scoreHistogram(classes);
    const sums = { squares: 0, sizes: 0 };
    const all = Uint32Array.from({ length: count }, (_, i) => i);
    const loss = this.lossOf(samples, all, (values, targets, order) => {
      const { outputs } = this.model;
      order.forEach((example, b) => {
        const row = values.subarray(b * outputs, (b + 1) * outputs);
        const label = samples.y[example]!;
        if (classes > 0) confusion[label * classes + likeliest(row, classes)]!++;
        else for (let i = 0; i < outputs; i++) addError(sums, row[i]! - targets[b * outputs + i]!);
        for (let c = 0; scores && c < classes; c++)
          addScore(scores, c, c === label, outputs === 1 ? Math.abs(row[0]! - (1 - c)) : row[c]!);
      });
    });
    const result = { count, loss: count === 0 ? 0 : loss / count, confusion, scores };
    if (classes > 0) return result;
    const values = Math.max(1, count * this.model.outputs);
    return { ...result, errors: { meanSquared: sums.squares / values, meanAbsolute: sums.sizes / values } };
  }

  predict(x: Float32Array, count: number): Float32Array {
    this.requireMemory();
    checkInputs(this.model, x, count);
    const { tf, model } = this;
    const size = count === 0 ? 0 : x.length / count;
    const result = new Float32Array(count * model.outputs);
    for (let from = 0; from < count; from += forwardBatch) {
      const taken = Math.min(forwardBatch, count - from);
      const part = x.slice(from * size, (from + taken) * size);
      const values = tf.tidy(() => {
        const outputs = this.outputs(part, taken, this.layerTensors(this.tensors()));
        return answers(tf, model.loss, outputs).dataSync();
      });
      result.set(values, from * model.outputs);
    }
    return result;
  }

  private requireMemory(): void {
    if (this.released) throw new FtteError('not-ready', 'the program was released: compile it again');
  }

  /** Sum of the losses of the chosen samples. */
  lossOf(
    samples: Samples,
    order: Uint32Array,
    onBatch?: (answers: Float32Array, targets: Float32Array, order: Uint32Array) => void,
  ): number {
    const { tf, model, examples } = this;
    let loss = 0;
    for (let from = 0; from < order.length; from += forwardBatch) {
      const part = order.subarray(from, from + forwardBatch);
      const wanted = examples.targets(samples, part);
      tf.tidy(() => {
        const inputs = examples.inputs(samples, part);
        const outputs = this.outputs(inputs, part.length, this.layerTensors(this.tensors()));
        loss += lossSum(tf, model.loss, outputs, tf.tensor(wanted, outputs.shape)).dataSync()[0]!;
        if (onBatch) onBatch(answers(tf, model.loss, outputs).dataSync() as Float32Array, wanted, part);
      });
    }
    return loss;
  }

  /**
   * Adds the gradient of `scale` times the sum of the losses of a micro-batch to `into`, flat; only the tensors named
   * are differentiated.
   */
  addGradient(
    samples: Samples,
    order: Uint32Array,
    scale: number,
    trained: readonly ParameterTensor[],
    mask: DropoutMask,
    into: Float32Array,
  ): void {
    const { tf, model, examples } = this;
    tf.tidy(() => {
      const all = this.tensors();
      const wanted = tf.tensor(examples.targets(samples, order), [order.length, model.outputs]);
      const inputs = examples.inputs(samples, order);
      const loss = (...changed: Tensor[]) => {
        const used = [...all];
        trained.forEach((tensor, i) => {
          used[this.layout.tensors.indexOf(tensor)] = changed[i]!;
        });
        const outputs = this.outputs(inputs, order.length, this.layerTensors(used), mask);
        this.seenBytes = Math.max(this.seenBytes, tf.memory().numBytes);
        return tf.mul(scale, lossSum(tf, model.loss, outputs, wanted)).asScalar();
      };
      const gradients = tf.grads(loss)(trained.map((tensor) => all[this.layout.tensors.indexOf(tensor)]!));
      trained.forEach(({ offset }, i) => {
        const values = gradients[i]!.dataSync();
        for (let k = 0; k < values.length; k++) into[offset + k]! += values[k]!;
      });
    });
  }

  /** One tensor for each of the layout. */
  private tensors(): Tensor[] {
    return this.layout.tensors.map(({ offset, size, shape }) =>
      this.tf.tensor(this.flat.slice(offset, offset + size), [...shape]),
    );
  }

  private layerTensors(tensors: readonly Tensor[]): LayerTensors[] {
    const layers: LayerTensors[] = this.model.layers.map(() => ({}));
    this.layout.tensors.forEach(({ layer, role }, i) => {
      layers[layer]![role] = tensors[i];
    });
    return layers;
  }

  /** Outputs before softmax or sigmoid, `[count, outputs]`. */
  private outputs(
    inputs: Float32Array,
    count: number,
    layers: readonly LayerTensors[],
    mask?: DropoutMask,
  ): Tensor {
    const { tf, model } = this;
    const x = tf.tensor(inputs, [count, ...model.input]);
    return tf.reshape(forward(tf, model, x, layers, mask), [count, model.outputs]);
  }
}

/** Zero with probability `rate`, else 1 / (1 - rate). */
export function dropoutMask(random: SeededRandom): DropoutMask {
  return (rate, shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return Float32Array.from({ length: size }, () => (random.uniform() < rate ? 0 : 1 / (1 - rate)));
  };
}

function likeliest(row: Float32Array, classes: number): number {
  if (row.length !== classes) return row[0]! > 0.5 ? 1 : 0;
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c;
  return best;
}

function addError(sums: { squares: number; sizes: number }, error: number): void {
  sums.squares += error * error;
  sums.sizes += Math.abs(error);
}
