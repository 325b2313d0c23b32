import type { Samples } from '../engine';
import { isBinary, type ModelSpec, sampleRows, sizeOf } from '../model';

/** Cuts the examples of a model into inputs and targets. */
export class Examples {
  private readonly inputSize: number;
  private readonly sampleSize: number;
  private readonly channels: number;

  constructor(private readonly model: ModelSpec) {
    this.inputSize = sizeOf(model.input);
    this.channels = this.inputSize / (model.input[0] ?? 1);
    this.sampleSize = sampleRows(model) * this.channels;
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
        if (isBinary(this.model)) wanted[b] = label;
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
}
