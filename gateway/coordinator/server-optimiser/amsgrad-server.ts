import type { AdaptiveSettings } from './adaptive-server';
import type { Aged, ServerOptimiser, StepInput } from './server-optimiser';
import { StateArrays } from './state-arrays';

/**
 * The server's step of FADAS (Wang 2024, "FADAS: Towards Federated Adaptive Asynchronous Optimization", arXiv
 * 2407.18365): AMSGrad (Reddi 2018) on the buffer's mean d: m = b1 m + (1 - b1) d, v = b2 v + (1 - b2) d^2,
 * v^ = max(v^, v), w += rate * m / (sqrt(v^) + epsilon), all from 0 and without bias correction. Delay-adaptive: if the
 * oldest contribution is older than `delayThreshold`, the rate is divided by its age.
 */
export class AmsgradServer implements ServerOptimiser {
  readonly name = 'amsgrad';
  private readonly state = new StateArrays({ first: 0, second: 0, largest: 0 });

  constructor(private readonly settings: AmsgradServerSettings) {}

  step(parameters: Float32Array, { values, held }: StepInput, contributions: readonly Aged[]): void {
    const { beta1, beta2, epsilon } = this.settings;
    const rate = this.rate(contributions);
    const { first, second, largest } = this.state.of(parameters.length);
    for (const { offset, length } of held) {
      for (let i = offset; i < offset + length; i++) {
        const d = values[i]!;
        const m = beta1 * first[i]! + (1 - beta1) * d;
        const v = beta2 * second[i]! + (1 - beta2) * d * d;
        const most = Math.max(largest[i]!, v);
        first[i] = m;
        second[i] = v;
        largest[i] = most;
        parameters[i]! += (rate * m) / (Math.sqrt(most) + epsilon);
      }
    }
  }

  arrays(): ReadonlyMap<string, Float32Array> {
    return this.state.arrays();
  }

  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    this.state.restore(arrays);
  }

  private rate(contributions: readonly Aged[]): number {
    const { learningRate, delayThreshold } = this.settings;
    const oldest = contributions.reduce((most, { age }) => Math.max(most, age), 0);
    return oldest > delayThreshold ? learningRate / Math.max(1, oldest) : learningRate;
  }
}

/** Settings of AMSGrad on a server. */
export interface AmsgradServerSettings extends AdaptiveSettings {
  /** tau_c of the paper: up to this age, in versions, the rate stays as it is. */
  readonly delayThreshold: number;
}
