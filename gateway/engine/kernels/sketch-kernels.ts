/** Norms of vectors that are not there: see `optimisers/sgd-in-place.ts`. */
export interface SketchKernels {
  /**
   * Adds `sign` (1 or -1) times a sketch of x to `into` (`buckets` values, a power of two from 4): each value, with a
   * random sign, to a random bucket, both out of `seed` and its place. Four neighbours go to four lanes of one vector in
   * one of four orders. Sketches of one seed are linear, and the squared norm of a sketch is on average that of its
   * vector, with a relative standard deviation of about `sqrt(2 / buckets)` (Alon, Matias and Szegedy 1996; Charikar,
   * Chen and Farach-Colton 2002).
   * @returns the squared norm of what `into` has become
   */
  sketch(x: number, size: number, into: number, buckets: number, seed: number, sign: number): number;
}
