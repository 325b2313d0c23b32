import type { ServerOptimiser, StepInput } from './server-optimiser';
import { StateArrays } from './state-arrays';

/**
 * FedAdam (Reddi 2021, arXiv 2003.00295, algorithm 2): m = b1 m + (1 - b1) d, v = b2 v + (1 - b2) d^2,
 * w += rate * m / (sqrt(v) + tau), from v = tau^2 and, as in the paper, without bias correction.
 */
export class AdamServer implements ServerOptimiser {
  readonly name = 'adam';
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
        const v = beta2 * second[i]! + (1 - beta2) * d * d;
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

/** Settings of an adaptive server optimiser. */
export interface AdaptiveServerSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  /** tau of the paper, the degree of adaptivity; the second moment starts at tau^2. */
  readonly epsilon: number;
}
