import { sampleRows } from '../../model';
import type { Run } from '../arena/schedule';
import type { Augmenter } from '../augmentation';
import type { Compiled } from './compile';

/** Copies samples into the arena of a compiled model, a micro-batch at a time. */
export class BatchLoader {
  private readonly inputSize: number;
  /** Values of a sample: the input and, for a forecast, what follows it. */
  private readonly sampleSize: number;

  constructor(
    private readonly compiled: Compiled,
    private readonly floats: Float32Array,
    private readonly ints: Int32Array,
  ) {
    const { model, input } = compiled;
    this.inputSize = input.size;
    this.sampleSize = (input.size / model.input[0]!) * sampleRows(model);
  }

  /**
   * Copies `count` inputs, from `from` of the order (or of `x`) on.
   * @param y undefined where `x` holds inputs only, with nothing to hold the outputs against
   * @param augmenter changes the inputs on their way; `run` says which step they are for
   */
  fill(
    x: Float32Array,
    y: Uint16Array | undefined,
    order: Uint32Array | undefined,
    from: number,
    count: number,
    augmenter?: Augmenter,
    run?: Run,
  ): void {
    const { input, target } = this.compiled;
    const { floats, ints, inputSize } = this;
    const stride = y ? this.sampleSize : inputSize;
    const firstInput = (input.buffer.offset >> 2) + input.lead;
    for (let b = 0; b < count; b++) {
      const example = order ? order[from + b]! : from + b;
      const source = example * stride;
      const place = firstInput + b * input.example;
      if (augmenter && run) augmenter.write(x, source, floats, place, run, run.first + b);
      // The one thing made in a step is this view: an element-wise loop takes ten times as long.
      else floats.set(x.subarray(source, source + inputSize), place);
      if (!y) continue;
      if (target.kind === 'labels') ints[(target.buffer.offset >> 2) + b] = y[example]!;
      else if (!target.isInput) this.fillFollowing(x, source + inputSize, b);
    }
  }

  /** The chosen channels of the rows that follow an input. */
  private fillFollowing(x: Float32Array, source: number, b: number): void {
    const { target, model } = this.compiled;
    if (target.kind !== 'values' || model.target.kind !== 'following') return;
    const { rows, channels } = model.target;
    const width = this.inputSize / model.input[0]!;
    let to = (target.view.buffer.offset >> 2) + target.view.lead + b * target.view.example;
    for (let row = 0; row < rows; row++)
      for (let c = 0; c < channels.length; c++) this.floats[to++] = x[source + row * width + channels[c]!]!;
  }
}
