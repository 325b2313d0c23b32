import type { AdaptiveServerSettings } from './adam-server';
import type { ServerOptimiser, StepInput } from './server-optimiser';
import { StateArrays } from './state-arrays';

/**
 * FedYogi (Reddi 2021, arXiv 2003.00295, algorithm 2): as FedAdam, but v = v - (1 - b2) d^2 sign(v - d^2). The second
 * moment moves in proportion to the new square, not to itself, so the first steps after a long time without movement
 * are not too large (Zaheer 2018).
 */
export class YogiServer implements ServerOptimiser {
  readonly name = 'yogi';
  private readonly state: StateArrays<'first' | 'second'>;

  constructor(private readonly settings: AdaptiveServerSettings) {
    this.state = new StateArrays({ first: 0, second: settings.epsilon * settings.epsilon });
  }

  step(parameters: Float32Array, { values, held }: StepInput): void {
    const { learningRate, beta1, beta2, epsilon } = this.settings;
    const { first, second } = this.state.of(parameters.length);
    for (const { offset, length } of held) {
      for (let i = offset; i < offset + length; i++) {
        const d = values[i]!;
        const m = beta1 * first[i]! + (1 - beta1) * d;
        const v = second[i]! - (1 - beta2) * d * d * Math.sign(second[i]! - d * d);
        first[i] = m;
        second[i] = v;
        parameters[i]! += (learningRate * m) / (Math.sqrt(v) + epsilon);
      }
    }
  }

  arrays(): ReadonlyMap<string, Float32Array> {
    return this.state.arrays();
  }

  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    this.state.restore(arrays);
  }
}
