/** Kernels of activations and of dropout. In place. */
export interface ActivationKernels {
  /** Clips to 0 .. 6; `mask` (or 0) takes one bit per value, as in `relu`: set where the value was between them. */
  relu6(x: number, example: number, size: number, batch: number, mask: number): void;
  /** Multiplies what is not above zero by `slope`; `mask` (or 0) takes one bit per value, as in `relu`. */
  leakyRelu(x: number, example: number, size: number, batch: number, mask: number, slope: number): void;
  /** The gradient stays where the bit is set and is multiplied by `slope` elsewhere. */
  leakyReluBack(dx: number, example: number, size: number, batch: number, mask: number, slope: number): void;
  /** `alpha (e^x - 1)` where x is not above zero. */
  elu(x: number, example: number, size: number, batch: number, alpha: number): void;
  /** `dy *= y + alpha` where y is not above zero. */
  eluBack(
    dy: number,
    dyExample: number,
    y: number,
    yExample: number,
    size: number,
    batch: number,
    alpha: number,
  ): void;
  tanh(x: number, example: number, size: number, batch: number): void;
  /** `dy *= 1 - y^2`. */
  tanhBack(dy: number, dyExample: number, y: number, yExample: number, size: number, batch: number): void;
  sigmoid(x: number, example: number, size: number, batch: number): void;
  /** `dy *= y (1 - y)`. */
  sigmoidBack(dy: number, dyExample: number, y: number, yExample: number, size: number, batch: number): void;
  /**
   * Zeroes each value whose draw is below `threshold` (of 2^32) and multiplies the others by `scale`. Draws depend on
   * `seed` (int32), the example's number (`first` for the first) and the value's index alone: the way back is the same
   * call, and no mask is kept.
   */
  dropout(
    x: number,
    example: number,
    size: number,
    batch: number,
    seed: number,
    first: number,
    threshold: number,
    scale: number,
  ): void;
}
