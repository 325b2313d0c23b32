import type { Aged, ServerOptimiser, StepInput } from './server-optimiser';

/**
 * w += rate * m with m = momentum * m + d: FedAvg with server momentum (Hsu 2019, arXiv 1909.06335). Without momentum
 * w += rate * d, and there is no state.
 */
export class SgdServer implements ServerOptimiser {
  readonly name = 'sgd';
  private velocity: Float32Array | undefined;

  constructor(
    private readonly settings: { readonly learningRate: number | 'auto'; readonly momentum: number },
    private readonly damping = 0,
  ) {}

  step(parameters: Float32Array, { values, held }: StepInput, contributions: readonly Aged[]): void {
    const { momentum } = this.settings;
    const learningRate =
      this.settings.learningRate === 'auto'
        ? automaticRate(contributions, this.damping)
        : this.settings.learningRate;
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

/** Mean age, in versions, up to which a step of full length is stable without damping. */
const fullStepAge = 1;
/** Damping from which on every age is stable. */
const stableDamping = 0.5;
/** Rate for contributions of a large age if damping makes every age stable. */
const largestRate = 1.5;

/**
 * The rate if none is set. Synchronous rounds have age 0 and rate 1.
 *
 * Without damping 2 / (1 + mean age of the buffer), at most 1: since the contributions began, that number of versions
 * has made steps much like theirs. Dividing by the age keeps asynchronous SGD stable (Zhang 2016, arXiv 1511.05950).
 *
 * With damping beta of 1/2 or more (see `Damping`) any rate up to 1 / beta is stable at any age. The subtraction from old
 * contributions shortens the way of a rate r to r / (1 + r beta tau), so r grows with the age: from 1 to 1.5.
 */
export function automaticRate(contributions: readonly Aged[], damping = 0): number {
  const sum = contributions.reduce((total, { age }) => total + age, 0);
  const age = contributions.length > 0 ? sum / contributions.length : 0;
  if (damping < stableDamping) return Math.min(1, (1 + fullStepAge) / (1 + age));
  return Math.min(1 / damping, (1 + largestRate * age) / (1 + age));
}
