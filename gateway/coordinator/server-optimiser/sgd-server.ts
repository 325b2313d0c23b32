import type { Aged, ServerOptimiser, StepInput } from './server-optimiser';

/** Mean age, in versions, up to which a step of full length is safe without damping. */
const youngEnough = 1;
/** Where damping keeps any age from swinging, how far a step of old contributions goes. */
const longest = 1.5;
/** From here on damping does so. */
const enough = 0.5;

/**
 * The step's length where nobody has set one. Synchronous rounds have age 0 and rate 1.
 *
 * Without damping 2 / (1 + mean age of the buffer), at most 1: that many versions have been made of what the
 * contributions were meant to improve, so they come on top of steps much like theirs; dividing by the age is what keeps
 * asynchronous SGD stable (Zhang 2016, arXiv 1511.05950).
 *
 * With damping beta of a half or more (see `Damping`) any rate up to 1 / beta is stable at any age, and what is taken off
 * old contributions shortens the way that r goes to r / (1 + r beta tau), so r grows with the age: from 1 to 1.5.
 */
export function automaticRate(contributions: readonly Aged[], damping = 0): number {
  const sum = contributions.reduce((total, { age }) => total + age, 0);
  const age = contributions.length > 0 ? sum / contributions.length : 0;
  if (damping < enough) return Math.min(1, (1 + youngEnough) / (1 + age));
  return Math.min(1 / damping, (1 + longest * age) / (1 + age));
}

/**
 * w += rate * m with m = momentum * m + d: FedAvg with server momentum (Hsu 2019, arXiv 1909.06335). Without momentum
 * w += rate * d, and nothing is kept.
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
