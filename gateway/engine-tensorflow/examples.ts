import type { Samples } from '../engine';
import type { ModelSpec } from '../model';
import { sampleRows, sizeOf } from '../model';
import { FtteError } from '../platform';

/** Number of classes; 0 if the target is not a class. */
export function classesOf({ target, loss, outputs }: ModelSpec): number {
  if (target.kind !== 'class') return 0;
  return loss === 'binary-cross-entropy' && outputs === 1 ? 2 : outputs;
}

/** Examples checked against a model, and cut into inputs and targets. */
export class Examples {
  private readonly inputSize: number;
  private readonly sampleSize: number;
  private readonly channels: number;

  constructor(private readonly model: ModelSpec) {
    this.inputSize = sizeOf(model.input);
    this.channels = this.inputSize / (model.input[0] ?? 1);
    this.sampleSize = sampleRows(model) * this.channels;
  }

  /** @throws FtteError `window-shape`, `label-unknown` */
  check({ x, y, count }: Samples): void {
    this.checkSize(x, count, this.sampleSize);
    const classes = classesOf(this.model);
    const wanted = classes > 0 ? count : 0;
    if (y.length !== wanted) {
      throw new FtteError('label-unknown', `${count} examples have ${y.length} labels, expected ${wanted}`);
    }
    const strange = y.findIndex((label) => label >= classes);
    if (strange < 0) return;
    throw new FtteError(
      'label-unknown',
      `example ${strange} has label ${y[strange]}, the model knows ${classes}`,
    );
  }

  /** @throws FtteError `window-shape` */
  checkInputs(x: Float32Array, count: number): void {
    this.checkSize(x, count, this.inputSize);
  }

  /** The inputs of the chosen samples, `[order.length, ...model.input]`. */
  inputs({ x }: Pick<Samples, 'x'>, order: Uint32Array): Float32Array {
    return this.copied(x, order, 0, this.inputSize);
  }

  /** Targets of the chosen samples, `[order.length, outputs]`. */
  targets(samples: Samples, order: Uint32Array): Float32Array {
    const { target, outputs } = this.model;
    if (target.kind === 'input') return this.inputs(samples, order);
    const wanted = new Float32Array(order.length * outputs);
    order.forEach((example, b) => {
      if (target.kind === 'class') {
        const label = samples.y[example] ?? 0;
        if (outputs === 1 && classesOf(this.model) === 2) wanted[b] = label;
        else wanted[b * outputs + label] = 1;
        return;
      }
      const { rows, channels } = target;
      for (let row = 0; row < rows; row++) {
        const from = example * this.sampleSize + this.inputSize + row * this.channels;
        channels.forEach((channel, c) => {
          wanted[b * outputs + row * channels.length + c] = samples.x[from + channel]!;
        });
      }
    });
    return wanted;
  }

  private copied(x: Float32Array, order: Uint32Array, at: number, size: number): Float32Array {
    const values = new Float32Array(order.length * size);
    order.forEach((example, b) => {
      const from = example * this.sampleSize + at;
      values.set(x.subarray(from, from + size), b * size);
    });
    return values;
  }

  private checkSize(x: Float32Array, count: number, size: number): void {
    if (Number.isInteger(count) && count >= 0 && x.length === count * size) return;
    const text = `${count} examples of ${size} values are ${count * size}, got ${x.length}`;
    throw new FtteError('window-shape', text, { got: x.length, wanted: count * size });
  }
}
