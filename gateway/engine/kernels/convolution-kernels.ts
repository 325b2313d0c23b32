/**
 * Convolutions over pictures `[lines, pixels, channels]`, or rows as pictures of one line, without a border around
 * them: taps beyond an edge are left out of the sum. Weights are rows of `wRow` values, one row for each tap and input
 * channel. `geometry` is a table of int32:
 *
 * | 0, 1 | lines and pixels of the output |
 * | 2, 3 | values from one line of the output to the next, and from one pixel to the next |
 * | 4, 5, 6 | lines, pixels and channels of the input, which lies without gaps |
 * | 7, 8 | taps of the kernel, down and across |
 * | 9, 10 | stride, down and across |
 * | 11, 12 | lines and pixels by which the first window begins before the input; may be negative |
 * | 13, 14 | rows of weights from one tap down to the next, and from one across to the next |
 */
export interface ConvolutionKernels {
  /** `y[b,o,n] = bias[n] + sum_{tap,c} x[b, o*stride-before+tap, c] w[tap,c,n]` for up to 8 columns n; `bias` may be 0. */
  convolve(
    x: number,
    xExample: number,
    w: number,
    wRow: number,
    bias: number,
    y: number,
    yExample: number,
    geometry: number,
    batch: number,
    columns: number,
  ): void;
  /**
   * Eight input channels of a kernel, flipped and transposed for the input's gradient: `panel[k*outputs+n, j] =
   * w[positions-1-k, first+j, n]`, zero beyond the last channel.
   */
  flipPanel(
    w: number,
    panel: number,
    positions: number,
    inputs: number,
    outputs: number,
    first: number,
  ): void;
  /** Gradient of the weights, accumulated; dy and dw lie without gaps. `dw[tap,c,n] += sum_{b,o} x[...] dy[b,o,n]`. */
  convolveWeights(
    x: number,
    xExample: number,
    dy: number,
    dyExample: number,
    dw: number,
    geometry: number,
    batch: number,
    columns: number,
  ): void;
  /**
   * Each channel with weights of its own, `w[tap,c]`: `y[b,o,c] = bias[c] + sum_tap x[b, o*stride-before+tap, c]
   * w[tap,c]`. A row of weights is one tap; steps between taps may be negative. `bias` may be 0.
   */
  depthwise(
    x: number,
    xExample: number,
    w: number,
    bias: number,
    y: number,
    yExample: number,
    geometry: number,
    batch: number,
  ): void;
  /**
   * Gradient of such weights, accumulated: `dw[tap,c] += sum_{b,o} x[b, o*stride-before+tap, c] dy[b,o,table[c]]`.
   * dy has `dyChannels` and lies without gaps; `table` may be 0: then channels are where they are.
   */
  depthwiseWeights(
    x: number,
    xExample: number,
    dy: number,
    dyExample: number,
    dyChannels: number,
    table: number,
    dw: number,
    geometry: number,
    batch: number,
  ): void;
}
