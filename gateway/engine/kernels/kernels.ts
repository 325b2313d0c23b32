import type { ActivationKernels } from './activation-kernels';
import type { ConvolutionKernels } from './convolution-kernels';
import type { FeatureKernels } from './features/feature-kernels';
import type { LayerKernels } from './layer-kernels';
import type { LossKernels } from './loss-kernels';
import type { RecurrentKernels } from './recurrent-kernels';
import type { SketchKernels } from './sketch-kernels';

/**
 * Rows that a panel has at most, of eight values each: 2 KB, whatever the kernel. Longer sums are made in parts, in the
 * same order.
 */
export const panelRows = 64;

/**
 * The arithmetic of the engine over one arena: the same list in WebAssembly and in JavaScript. Pointers are byte
 * offsets into the arena (a multiple of 4; masks: any). Strides and sizes count float32 values. `example` strides lead
 * from one example of the micro-batch to the next; rows inside an example may overlap (that is how a convolution
 * becomes a matrix product without copying: each output position reads the `kernel * channels` values from its own
 * row on). A pointer of 0 where "or 0" is said means absent.
 */
export interface Kernels
  extends ActivationKernels,
    ConvolutionKernels,
    FeatureKernels,
    LayerKernels,
    LossKernels,
    RecurrentKernels,
    SketchKernels {
  /** `y[b,r,n] = bias[n] + sum_i x[b,r,i] w[i,n]`; `bias` may be 0. `panel` is scratch of up to `panelRows`, or 0 where columns divide by 8. */
  affine(
    x: number,
    xExample: number,
    xRow: number,
    w: number,
    bias: number,
    y: number,
    yExample: number,
    yRow: number,
    panel: number,
    batch: number,
    rows: number,
    inner: number,
    columns: number,
  ): void;
  /** `affine` for up to 8 columns that lie in a panel `[inner, 8]`; `bias` may be 0. With `add` 1 it is added to y. */
  affinePanel(
    x: number,
    xExample: number,
    xRow: number,
    panel: number,
    bias: number,
    y: number,
    yExample: number,
    yRow: number,
    batch: number,
    rows: number,
    inner: number,
    columns: number,
    add: 0 | 1,
  ): void;
  /**
   * Eight columns, from `first` on, of a kernel whose frozen channels are rounded, and of its rows `k*channels+c` those
   * from `from` on: `panel[k*channels+c - from, j] = w[k, c, first+j]`, zero beyond the last column. Numbers of the frozen
   * channels lie in `codes` `[positions, frozen, outputs]` (`bits` 16: halves; 8: int8, times `scales[output]`), those of
   * the `trained` others in `values`, in float32. `table` has an int32 for each channel: its place among the trained, or -1
   * minus its place among the frozen; 0 where all are frozen.
   */
  expand(
    codes: number,
    bits: number,
    scales: number,
    values: number,
    table: number,
    panel: number,
    channels: number,
    outputs: number,
    trained: number,
    first: number,
    from: number,
    rows: number,
  ): void;
  /**
   * Eight input channels of such a kernel, flipped and transposed for the input's gradient, and of its rows likewise:
   * `panel[k*outputs+n - from, j] = w[positions-1-k, first+j, n]`, zero beyond the last channel.
   */
  expandTransposed(
    codes: number,
    bits: number,
    scales: number,
    values: number,
    table: number,
    panel: number,
    positions: number,
    channels: number,
    outputs: number,
    trained: number,
    first: number,
    from: number,
    rows: number,
  ): void;
  /** `count` input channels of such a kernel of one position, as they are: `to[j, n] = w[first+j, n]`. */
  expandRows(
    codes: number,
    bits: number,
    scales: number,
    values: number,
    table: number,
    to: number,
    outputs: number,
    first: number,
    count: number,
  ): void;
  /**
   * Gradient of the input: `dx[b,r,c] = sum_{k,n} dy[b,r+k,n] w[positions-1-k,c,n]`, with w `[positions, inputs,
   * outputs]` and dy haloed. `panel` is scratch of up to `panelRows`.
   */
  affineInput(
    dy: number,
    dyExample: number,
    dyRow: number,
    w: number,
    dx: number,
    dxExample: number,
    dxRow: number,
    panel: number,
    batch: number,
    rows: number,
    positions: number,
    inputs: number,
    outputs: number,
  ): void;
  /** Gradient of the weights, accumulated: `dw[i,n] += sum_{b,r} x[b,r,i] dy[b,r,n]`. */
  affineWeights(
    x: number,
    xExample: number,
    xRow: number,
    dy: number,
    dyExample: number,
    dyRow: number,
    dw: number,
    batch: number,
    rows: number,
    inner: number,
    columns: number,
  ): void;
  /** Gradient of the bias, accumulated: `db[n] += sum_{b,r} dy[b,r,n]`. */
  affineBias(
    dy: number,
    dyExample: number,
    dyRow: number,
    db: number,
    batch: number,
    rows: number,
    columns: number,
  ): void;
  /**
   * `affine` for five positions whose rows are `channels` wide, with 8 multiplications for every 20 (Winograd 1980; Lavin
   * and Gray 2016). Rows, channels and columns divide by 8. `scratch` as `layers/winograd.ts` says, for `group` examples.
   */
  winograd(
    x: number,
    xExample: number,
    w: number,
    bias: number,
    y: number,
    yExample: number,
    scratch: number,
    batch: number,
    rows: number,
    channels: number,
    columns: number,
    group: number,
  ): void;
  /** `affineInput` likewise. */
  winogradInput(
    dy: number,
    dyExample: number,
    w: number,
    dx: number,
    dxExample: number,
    scratch: number,
    batch: number,
    rows: number,
    inputs: number,
    outputs: number,
    group: number,
  ): void;
  /** `affineWeights` likewise. */
  winogradWeights(
    x: number,
    xExample: number,
    dy: number,
    dyExample: number,
    dw: number,
    scratch: number,
    batch: number,
    rows: number,
    channels: number,
    columns: number,
    group: number,
  ): void;
  /** In place; `mask` (or 0) takes one bit per value, `ceil(size / 8)` bytes for each example: set where the value was > 0. */
  relu(x: number, example: number, size: number, batch: number, mask: number): void;
  /** In place: the gradient stays where the bit is set. */
  reluBack(dx: number, example: number, size: number, batch: number, mask: number): void;
  /**
   * `y[b,t,c] = max_j x[b, t*window+j, c]`, then ReLU where `relu` is 1. `mask` (or 0) takes one bit a value of x, as
   * in `relu`: set where the gradient flows to. `inLength` may be more than `length * window`; the rest is ignored.
   */
  maxPool(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    mask: number,
    batch: number,
    inLength: number,
    length: number,
    channels: number,
    window: number,
    relu: number,
  ): void;
  /** Writes all of dx: the window's gradient where the bit is set, zero elsewhere. */
  maxPoolBack(
    dy: number,
    dyExample: number,
    dx: number,
    dxExample: number,
    mask: number,
    batch: number,
    inLength: number,
    length: number,
    channels: number,
    window: number,
  ): void;
  /** `y[b,c] = mean_t x[b,t,c]`. */
  averagePool(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    batch: number,
    length: number,
    channels: number,
  ): void;
  averagePoolBack(
    dy: number,
    dyExample: number,
    dx: number,
    dxExample: number,
    batch: number,
    length: number,
    channels: number,
  ): void;
  /** Zeroes what lies around the body of each example: `[0, lead)` and `[lead + size, example)`. */
  zeroHalo(x: number, example: number, lead: number, size: number, batch: number): void;
  zero(x: number, size: number): void;
  /** Copies the columns listed in `table` (`count` int32 indices): `y[b,r,j] = x[b,r,table[j]]`. */
  takeChannels(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    batch: number,
    rows: number,
    channels: number,
    table: number,
    count: number,
  ): void;
  /**
   * Keras' SGD: `v = momentum v - rate g; w += v`; with v 0, `w -= rate g`. Values too small to matter become zero,
   * because arithmetic on denormal numbers is many times slower.
   * @returns the sum of squares of g
   */
  sgd(w: number, g: number, v: number, size: number, rate: number, momentum: number): number;
  /** `v *= factor`; values too small to matter become zero. */
  decay(v: number, size: number, factor: number): void;
  /**
   * Adam: `m += (g-m)(1-beta1); v += (g^2-v)(1-beta2); w -= rate m / (sqrt(v) + epsilon)`, where `rate` and `epsilon`
   * already hold the bias corrections; `sum += g`.
   * @returns the sum of squares of g
   */
  adam(
    w: number,
    g: number,
    m: number,
    v: number,
    sum: number,
    size: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
  ): number;
}
