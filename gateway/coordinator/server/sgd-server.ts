import type { Direction } from '../aggregation';
import type { ServerOptimiser } from './server-optimiser';

/**
 * w += rate * m with m = momentum * m + d: FedAvg with server momentum (Hsu 2019, arXiv 1909.06335). Without momentum
 * w += rate * d, and nothing is kept.
 */
export class SgdServer implements ServerOptimiser {
  readonly name = 'sgd';
  private velocity: Float32Array | undefined;

  constructor(private readonly settings: { readonly learningRate: number; readonly momentum: number }) {}

  step(parameters: Float32Array, { values, held }: Direction): void {
    const { learningRate, momentum } = this.settings;
    if (momentum === 0) {
      for (const { offset, length } of held) {
        for (let i = offset; i < offset + length; i++) parameters[i]! += learningRate * values[i]!;
      }
      return;
    }
    this.velocity ??= new Float32Array(parameters.length);
    const velocity = this.velocity;
    for (const { offset, length } of held) {
      for (let i = offset; i < offset + length; i++) {
        velocity[i] = momentum * velocity[i]! + values[i]!;
        parameters[i]! += learningRate * velocity[i]!;
      }
    }
  }

  arrays(): ReadonlyMap<string, Float32Array> {
    return new Map(this.velocity ? [['velocity', this.velocity]] : []);
  }

  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    this.velocity = arrays.get('velocity')?.slice();
  }
}
