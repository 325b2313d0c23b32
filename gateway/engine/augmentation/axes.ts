import type { AugmentationPlan } from '../../task';
import type { DrawSequence } from './draw-sequence';

type Triple = AugmentationPlan['devices'][number][number];

/**
 * Turns the axes of accelerometers and gyroscopes by a small angle, as if the sensor were worn a little differently. The
 * sensors of one device turn together. The turn is in the sensor's unit, whatever centre and spread its axes have.
 */
export class Axes {
  /** Row by row, 3 x 3. */
  private readonly matrix = new Float64Array(9);

  constructor(private readonly plan: AugmentationPlan) {}

  /** Turns a window, `[length, channels]`, in its place. */
  turn(target: Float32Array, to: number, length: number, draws: DrawSequence): void {
    const { rotation, devices } = this.plan;
    if (rotation === 0) return;
    for (let d = 0; d < devices.length; d++) {
      const triples = devices[d]!;
      this.draw(rotation, draws);
      for (let i = 0; i < triples.length; i++) this.apply(triples[i]!, target, to, length);
    }
  }

  /**
   * Draws a rotation from three numbers up to `size` (the tangent of half an angle), which with 1 are the quaternion's
   * parts before it is brought to length 1. No sine is needed, so that every machine gets the same bits.
   */
  private draw(size: number, draws: DrawSequence): void {
    const a = size * draws.signed();
    const b = size * draws.signed();
    const c = size * draws.signed();
    const scale = 2 / (1 + a * a + b * b + c * c);
    const { matrix: m } = this;
    m[0] = 1 - scale * (b * b + c * c);
    m[1] = scale * (a * b - c);
    m[2] = scale * (a * c + b);
    m[3] = scale * (a * b + c);
    m[4] = 1 - scale * (a * a + c * c);
    m[5] = scale * (b * c - a);
    m[6] = scale * (a * c - b);
    m[7] = scale * (b * c + a);
    m[8] = 1 - scale * (a * a + b * b);
  }

  private apply(triple: Triple, target: Float32Array, to: number, length: number): void {
    const { origin, spread, jitter } = this.plan;
    const { matrix: m } = this;
    const channels = jitter.length;
    const i = triple[0];
    const j = triple[1];
    const k = triple[2];
    const si = spread[i]!;
    const sj = spread[j]!;
    const sk = spread[k]!;
    const oi = origin[i]!;
    const oj = origin[j]!;
    const ok = origin[k]!;
    for (let row = to, end = to + length * channels; row < end; row += channels) {
      const x = si * (target[row + i]! + oi);
      const y = sj * (target[row + j]! + oj);
      const z = sk * (target[row + k]! + ok);
      target[row + i] = (m[0]! * x + m[1]! * y + m[2]! * z) / si - oi;
      target[row + j] = (m[3]! * x + m[4]! * y + m[5]! * z) / sj - oj;
      target[row + k] = (m[6]! * x + m[7]! * y + m[8]! * z) / sk - ok;
    }
  }
}
