import type { AugmentationPlan } from '../../task';
import { Axes } from './axes';
import { DrawSequence } from './draw-sequence';

/**
 * Changes examples of a training step by chance, as another wearing, another person or another moment might have: it
 * reads a window and writes a changed one. The draws follow from the seed of the round, the step and the example's place
 * in its batch, so that the result depends neither on the micro-batch nor on the thread. Nothing is allocated in a step.
 */
export class Augmenter {
  private readonly draws = new DrawSequence();
  private readonly axes: Axes;
  private readonly channels: number;
  private readonly isTimed: boolean;
  private readonly gains: Float64Array;

  /** @param length readings of a window */
  constructor(
    private readonly plan: AugmentationPlan,
    private readonly length: number,
  ) {
    this.channels = plan.jitter.length;
    this.isTimed = plan.warp > 0 || plan.shift > 0;
    this.gains = new Float64Array(this.channels).fill(1);
    this.axes = new Axes(plan);
  }

  /**
   * Writes a changed copy of a window, `[length, channels]`.
   * @param from place of the window in `source`
   * @param to place of the copy in `target`, where nothing of `source` may lie
   * @param place of the example in its batch
   */
  write(
    source: Float32Array,
    from: number,
    target: Float32Array,
    to: number,
    round: { readonly seed: number; readonly step: number },
    place: number,
  ): void {
    this.draws.start(round.seed, round.step, place);
    if (this.isTimed) this.stretch(source, from, target, to);
    else this.copy(source, from, target, to);
    this.scale(target, to);
    this.axes.turn(target, to, this.length, this.draws);
    this.jitter(target, to);
  }

  private copy(source: Float32Array, from: number, target: Float32Array, to: number): void {
    const size = this.length * this.channels;
    for (let i = 0; i < size; i++) target[to + i] = source[from + i]!;
  }

  /**
   * Reads the window faster or slower around its middle, and earlier or later, with straight lines between readings.
   * Beyond its ends it stays at the first or the last reading.
   */
  private stretch(source: Float32Array, from: number, target: Float32Array, to: number): void {
    const { length, channels, draws } = this;
    const last = length - 1;
    const middle = last / 2;
    const speed = 1 + this.plan.warp * draws.signed();
    const start = middle + this.plan.shift * length * draws.signed();
    for (let t = 0; t < length; t++) {
      const at = Math.min(last, Math.max(0, start + (t - middle) * speed));
      const before = Math.floor(at);
      const share = at - before;
      const first = from + before * channels;
      const second = before < last ? first + channels : first;
      const out = to + t * channels;
      for (let c = 0; c < channels; c++) {
        const value = source[first + c]!;
        target[out + c] = value + share * (source[second + c]! - value);
      }
    }
  }

  /** Multiplies what a channel measured, in its own unit: axes of one sensor get the same factor. */
  private scale(target: Float32Array, to: number): void {
    const { scale, sensor, origin } = this.plan;
    const { gains, channels, length } = this;
    let any = false;
    for (let c = 0; c < channels; c++) {
      gains[c] = 1;
      if (scale[c] === 0) continue;
      const leader = sensor[c]!;
      gains[c] = leader < c ? gains[leader]! : 1 + scale[c]! * this.draws.signed();
      any = true;
    }
    if (!any) return;
    for (let c = 0; c < channels; c++) {
      const gain = gains[c]!;
      const lift = (gain - 1) * origin[c]!;
      for (let i = to + c, end = to + length * channels; i < end; i += channels)
        target[i] = gain * target[i]! + lift;
    }
  }

  private jitter(target: Float32Array, to: number): void {
    const { jitter } = this.plan;
    const { channels, length, draws } = this;
    for (let c = 0; c < channels; c++) {
      const size = jitter[c]!;
      if (size === 0) continue;
      for (let i = to + c, end = to + length * channels; i < end; i += channels)
        target[i] = target[i]! + size * draws.signed();
    }
  }
}
