import type { Segment } from '../../model';

/**
 * Takes the buffer's mean as a pseudo-gradient and moves the model (Reddi 2021, arXiv 2003.00295, algorithm 2; their
 * delta already points downhill, so steps are added). A coordinate that no contribution held is left alone, and so is
 * its state: it did not have a step of size zero, it had none.
 */
export interface ServerOptimiser {
  readonly name: string;
  /**
   * Moves the coordinates of `input.held` in `parameters`. Coordinates are independent of each other, so the step of a
   * version may be taken in portions of them, one after the other.
   * @param contributions those of the buffer, for optimisers whose rate depends on their ages
   */
  step(parameters: Float32Array, input: StepInput, contributions: readonly Aged[]): void;
  /** State for the checkpoint, by name (views, not copies); empty until the first step that needs any. */
  arrays(): ReadonlyMap<string, Float32Array>;
  /** Restores what `arrays` returned; an empty map resets the state. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void;
}

/** The pseudo-gradient of a step, and the coordinates that have one. */
export interface StepInput {
  /** One number per coordinate, `[size]`; only those in `held` are meaningful. */
  readonly values: Float64Array;
  /** Ascending and merged. */
  readonly held: readonly Segment[];
}

/** A contribution as far as an optimiser looks at it. */
export interface Aged {
  /** In versions, at least 0. */
  readonly age: number;
}
