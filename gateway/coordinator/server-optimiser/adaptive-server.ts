import type { ServerOptimiser, StepInput } from './server-optimiser';
import { StateArrays } from './state-arrays';

/** Settings of an adaptive server optimiser. */
export interface AdaptiveSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  /** tau of the paper, the degree of adaptivity; the second moment starts at tau^2. */
  readonly epsilon: number;
}

/**
 * The second moment v after a pseudo-gradient d. Yogi's moves in proportion to the new square, not to itself, so the
 * first steps after a long time without movement are not too large (Zaheer 2018).
 */
const secondMoments = {
  adam: (v: number, d: number, beta2: number) => beta2 * v + (1 - beta2) * d * d,
  yogi: (v: number, d: number, beta2: number) => v - (1 - beta2) * d * d * Math.sign(v - d * d),
} as const;

/**
 * FedAdam and FedYogi (Reddi 2021, arXiv 2003.00295, algorithm 2): m = b1 m + (1 - b1) d, v by `secondMoments`,
 * w += rate * m / (sqrt(v) + tau), from v = tau^2 and, as in the paper, without bias correction.
 */
export class AdaptiveServer implements ServerOptimiser {
  private readonly state: StateArrays<'first' | 'second'>;

  constructor(
    readonly name: keyof typeof secondMoments,
    private readonly settings: AdaptiveSettings,
  ) {
    this.state = new StateArrays({ first: 0, second: settings.epsilon * settings.epsilon });
  }

  step(parameters: Float32Array, { values, held }: StepInput): void {
    const { learningRate, beta1, beta2, epsilon } = this.settings;
    const { first, second } = this.state.of(parameters.length);
    const secondMoment = secondMoments[this.name];
    for (const { offset, length } of held) {
      for (let i = offset; i < offset + length; i++) {
        const d = values[i]!;
        const m = beta1 * first[i]! + (1 - beta1) * d;
        const v = secondMoment(second[i]!, d, beta2);
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
