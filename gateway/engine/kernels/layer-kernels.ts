/** Kernels of layers without a matrix product that are no activation, and of moving values. */
export interface LayerKernels {
  /** `y = x`, value for value of examples of `size`. */
  copyRows(x: number, xExample: number, y: number, yExample: number, size: number, batch: number): void;
  /** `y += x`. */
  addRows(x: number, xExample: number, y: number, yExample: number, size: number, batch: number): void;
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
  /**
   * Largest of each window of a geometry (`ConvolutionKernels`), of the taps inside, then ReLU where `relu` is 1. `places`
   * (or 0) takes one byte per output, without gaps: the number of the first tap that it is, or 255 where the ReLU is at
   * zero. Windows have at most 254 taps.
   */
  largest(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    places: number,
    geometry: number,
    batch: number,
    relu: 0 | 1,
  ): void;
  /** Mean of the taps inside of each window. */
  means(x: number, xExample: number, y: number, yExample: number, geometry: number, batch: number): void;
  /** Writes all of dx: to the places of `largest`, or where `places` is 0 to all taps inside in equal parts. */
  windowsBack(
    dy: number,
    dyExample: number,
    dx: number,
    dxExample: number,
    places: number,
    geometry: number,
    batch: number,
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
  /**
   * Normalises each of `rows` rows by its own mean and variance: `y[r,c] = (x[r,c] - mean[r]) / sqrt(variance[r] + epsilon)
   * gamma[c] + beta[c]`; `y` may be `x`.
   */
  layerNorm(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    gamma: number,
    beta: number,
    epsilon: number,
    batch: number,
    rows: number,
    channels: number,
  ): void;
  /**
   * `dgamma[c] += sum_{b,r} dy normalised(x)`, unless `dgamma` is 0; then, where `through` is 1, dy becomes the gradient of
   * the input.
   */
  layerNormBack(
    x: number,
    xExample: number,
    dy: number,
    dyExample: number,
    gamma: number,
    dgamma: number,
    epsilon: number,
    batch: number,
    rows: number,
    channels: number,
    through: 0 | 1,
  ): void;
  /**
   * Normalises each of `groups` groups of neighbouring channels by its own mean and variance over all rows of an example, then
   * scales and shifts each channel; `y` may be `x`.
   */
  groupNorm(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    gamma: number,
    beta: number,
    epsilon: number,
    batch: number,
    rows: number,
    channels: number,
    groups: number,
  ): void;
  /** As `layerNormBack`, for `groupNorm`. */
  groupNormBack(
    x: number,
    xExample: number,
    dy: number,
    dyExample: number,
    gamma: number,
    dgamma: number,
    epsilon: number,
    batch: number,
    rows: number,
    channels: number,
    groups: number,
    through: 0 | 1,
  ): void;
}
