import type { ContributionWeight, PseudoGradient } from '../aggregation';

/** Where a step goes, and which coordinates have one. */
export type StepInput = Pick<PseudoGradient, 'values' | 'held'>;

/**
 * Takes the buffer's mean as a pseudo-gradient and moves the model (Reddi 2021, arXiv 2003.00295, algorithm 2; their
 * delta already points downhill, so steps are added). A coordinate that no contribution held is left alone, and so is
 * its state: it did not have a step of size zero, it had none.
 */
export interface ServerOptimiser {
  readonly name: string;
  /**
   * Moves the coordinates of `direction.held` in `parameters`. Coordinates know nothing of each other: a version's step
   * may be taken in portions of them, one after the other.
   * @param weighings what the rule thought of the contributions, for optimisers that mind their ages
   */
  step(parameters: Float32Array, direction: StepInput, weighings: readonly ContributionWeight[]): void;
  /** State for the checkpoint, by name (views, not copies); empty until the first step that needs any. */
  arrays(): ReadonlyMap<string, Float32Array>;
  /** Takes back what `arrays` gave; an empty map is a fresh start. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void;
}
