import { portionsOf, type Segment } from '../../model';
import type { Resumable } from '../../platform';
import type { PseudoGradient } from '../aggregation';
import type { Contribution } from '../aggregation/contribution';

/** Share of the direction that a new buffer leaves as it was. */
const memory = 0.9;

/** A contribution compared with the direction of the fleet. */
export interface Comparison {
  /** Cosine of the angle between the two, on the parameters of its plan; undefined if one of them is 0 there. */
  readonly cosine: number | undefined;
  /** Their distance, divided by the square root of the number of parameters. */
  readonly distance: number;
}

/**
 * The way in which the fleet moves the model: the exponential mean of the buffers' pseudo-gradients, coordinate by
 * coordinate over the buffers that hold it. One buffer may be half hostile by chance; the mean of many is not.
 */
export class FleetDirection {
  /** Not yet divided by `filled`, `[size]`. */
  private readonly sums: Float32Array;
  /** Share of the mean that is of buffers, and not of the zeros it began with. */
  private filled = 0;

  constructor(size: number) {
    this.sums = new Float32Array(size);
  }

  /** Adds a buffer's pseudo-gradient. */
  *add({ values, held }: PseudoGradient): Resumable<void> {
    const { sums } = this;
    for (const portion of portionsOf(held)) {
      for (const { offset, length } of portion) {
        for (let i = offset; i < offset + length; i++)
          sums[i] = memory * sums[i]! + (1 - memory) * values[i]!;
      }
      yield;
    }
    this.filled = Math.fround(memory * this.filled + (1 - memory));
  }

  /** Compares a contribution with it. */
  *compare({ segments, delta }: Contribution): Resumable<Comparison> {
    const { sums, scale } = this;
    let [at, product, own, other] = [0, 0, 0, 0];
    for (const portion of portionsOf(segments)) {
      for (const { offset, length } of portion) {
        for (let i = offset; i < offset + length; i++) {
          const v = sums[i]! * scale;
          const d = delta[at++]!;
          product += v * d;
          own += d * d;
          other += v * v;
        }
      }
      yield;
    }
    const lengths = Math.sqrt(own) * Math.sqrt(other);
    const cosine = lengths > 0 ? Math.max(-1, Math.min(1, product / lengths)) : undefined;
    return { cosine, distance: Math.sqrt(Math.max(0, own + other - 2 * product) / Math.max(1, at)) };
  }

  /** Takes a share of the way from the direction to the delta, in place: v + share (delta - v). */
  *pull(segments: readonly Segment[], delta: Float32Array, share: number): Resumable<void> {
    const { sums, scale } = this;
    let at = 0;
    for (const portion of portionsOf(segments)) {
      for (const { offset, length } of portion) {
        for (let i = offset; i < offset + length; i++, at++) {
          const v = sums[i]! * scale;
          delta[at] = v + share * (delta[at]! - v);
        }
      }
      yield;
    }
  }

  /** For the checkpoint: the sums, and the share that is filled as the last number, `[size + 1]`. */
  get array(): Float32Array {
    const array = new Float32Array(this.sums.length + 1);
    array.set(this.sums);
    array[this.sums.length] = this.filled;
    return array;
  }

  /** An array of another length is that of another model: the direction restarts. */
  restore(array?: Float32Array): void {
    const size = this.sums.length;
    const filled = array?.length === size + 1 ? array[size]! : 0;
    const isWhole = filled > 0 && filled <= 1 && array!.every((value) => Number.isFinite(value));
    this.filled = isWhole ? filled : 0;
    if (isWhole) this.sums.set(array!.subarray(0, size));
    else this.sums.fill(0);
  }

  private get scale(): number {
    return this.filled > 0 ? 1 / this.filled : 0;
  }
}
