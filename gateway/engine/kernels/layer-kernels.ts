/** Kernels of layers without a matrix product, and of moving values. In place if there is only an `x`. */
export interface LayerKernels {
  /** `y = x`, value for value of examples of `size`. */
  copyRows(x: number, xExample: number, y: number, yExample: number, size: number, batch: number): void;
  /** `y += x`. */
  addRows(x: number, xExample: number, y: number, yExample: number, size: number, batch: number): void;
  /** Clips to 0 .. 6; `mask` (or 0) takes one bit per value, as in `relu`: set where the value was between them. */
  relu6(x: number, example: number, size: number, batch: number, mask: number): void;
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
  /**
   * Largest of each window of `down` by `across` of a picture `[height, width, channels]`, then ReLU where `relu` is 1;
   * otherwise as `maxPool`.
   */
  maxPool2d(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    mask: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    down: number,
    across: number,
    relu: number,
  ): void;
  /** Writes all of dx. */
  maxPool2dBack(
    dy: number,
    dyExample: number,
    dx: number,
    dxExample: number,
    mask: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    down: number,
    across: number,
  ): void;
  /** Mean of each window of a picture; what no window covers is ignored. */
  averagePool2d(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    down: number,
    across: number,
  ): void;
  /** Writes all of dx. */
  averagePool2dBack(
    dy: number,
    dyExample: number,
    dx: number,
    dxExample: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    down: number,
    across: number,
  ): void;
  /** Repeats each of `length` rows `times` times. */
  upsample(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    batch: number,
    length: number,
    channels: number,
    times: number,
  ): void;
  /** `dx[b,t] = sum_j dy[b, t*times+j]`. */
  upsampleBack(
    dy: number,
    dyExample: number,
    dx: number,
    dxExample: number,
    batch: number,
    length: number,
    channels: number,
    times: number,
  ): void;
  /**
   * Scale and shift of a normalisation: `factors[c] = gamma / sqrt(variance + epsilon)`, and from `channels` on
   * `beta - mean * factors[c]`.
   */
  foldNorm(
    gamma: number,
    beta: number,
    mean: number,
    variance: number,
    epsilon: number,
    factors: number,
    channels: number,
  ): void;
  /** `y = x * factors[c] + shift[c]` over `rows` rows; `y` may be `x`; `shift` may be 0. */
  scaleRows(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    batch: number,
    rows: number,
    channels: number,
    factors: number,
    shift: number,
  ): void;
  /** `dgamma[c] += sum_{b,r} dy (x - mean) / sqrt(variance + epsilon)`. */
  normGamma(
    x: number,
    xExample: number,
    dy: number,
    dyExample: number,
    dgamma: number,
    mean: number,
    variance: number,
    epsilon: number,
    batch: number,
    rows: number,
    channels: number,
  ): void;
}
