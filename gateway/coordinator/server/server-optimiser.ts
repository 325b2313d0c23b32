import type { Direction, Weighing } from '../aggregation';

/**
 * Takes the buffer's mean as a pseudo-gradient and moves the model (Reddi 2021, arXiv 2003.00295, algorithm 2; their
 * delta already points downhill, so steps are added). A coordinate that no contribution held is left alone, and so is
 * its state: it did not have a step of size zero, it had none.
 */
export interface ServerOptimiser {
  readonly name: string;
  /**
   * Moves the coordinates of `direction.held` in `parameters`.
   * @param weighings what the rule thought of the contributions, for optimisers that mind their ages
   */
  step(parameters: Float32Array, direction: Direction, weighings: readonly Weighing[]): void;
  /** State for the checkpoint, by name (views, not copies); empty until the first step that needs any. */
  arrays(): ReadonlyMap<string, Float32Array>;
  /** Takes back what `arrays` gave; an empty map is a fresh start. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void;
}
