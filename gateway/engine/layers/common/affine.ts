import type { ArenaBuffer } from '../../arena/schedule';
import { address, type View } from '../../arena/view';
import { type GradientSite, type ParameterSite, parameterAddress } from '../../parameters/parameters';
import type { EmitBackward, LayerContext } from './layer';
import { bindInputProduct, bindProduct, inputPanel, productPanel } from './weights';
import { bindQuickest, type WinogradShape, winogradOptions } from './winograd';

/** A layer seen as a product of rows with a weight matrix: what dense and conv1d have in common. */
export interface AffineShape {
  /** Rows of an example that each give one row of output; 1 where the examples themselves are the rows. */
  readonly rows: number;
  /** Kernel positions; a row of input is `positions * channels` long and rows start `channels` apart. */
  readonly positions: number;
  readonly channels: number;
  readonly outputs: number;
  /** Zero rows before the input, and before the gradient of the output. */
  readonly before: number;
  readonly gradientBefore: number;
}

/**
 * Emits an affine layer. Weights lie as in Keras, `[positions, channels, outputs]`, which is the matrix `[positions *
 * channels, outputs]` that overlapping input rows are multiplied with. Only what the plan trains is kept for the way
 * back: the whole input for a whole kernel, the chosen channels for a partly trained one, nothing for a bias alone.
 */
export function emitAffine(site: LayerContext, shape: AffineShape): EmitBackward {
  const { schedule, x, y } = site;
  const { rows, positions, channels, outputs } = shape;
  const [kernel, bias] = site.parameters as [ParameterSite, ParameterSite | undefined];
  const dense = site.inputShape.length === 1;
  // A dense layer's examples are its rows: one matrix product for the whole micro-batch.
  const batchOf = (count: number) => (dense ? 1 : count);
  const rowsOf = (count: number) => (dense ? count : rows);
  const rowOf = (view: View) => (dense ? view.example : view.width);

  // The last columns of a matrix whose width is no multiple of the tile are copied into a zero-padded panel.
  const panel = productPanel(schedule, kernel, shape);
  const fast = (pass: 'forward' | 'input' | 'weights', sizes: Partial<WinogradShape> = {}) =>
    // Its kernels read weights of float32 only; the weights' gradient reads none.
    schedule.spare(
      dense || (kernel.rounded && pass !== 'weights')
        ? []
        : winogradOptions(pass, { ...shape, ...sizes }, site.batch),
    );
  const forward = fast('forward');
  schedule.emit('forward', [x.buffer, y.buffer, panel], (kernels) => {
    const [from, to, scratch] = [address(x, -shape.before), address(y), Math.max(0, panel.offset)];
    const b = bias ? parameterAddress(bias) : 0;
    const [xRow, yRow] = [rowOf(x), rowOf(y)];
    const product = bindProduct(kernels, kernel, shape);
    const [xBytes, yBytes] = [x.example * 4, y.example * 4];
    return bindQuickest(
      forward,
      x,
      y,
      (first, count, spare, group) =>
        kernels.winograd(
          from + first * xBytes,
          x.example,
          parameterAddress(kernel),
          b,
          to + first * yBytes,
          y.example,
          spare,
          count,
          rows,
          channels,
          outputs,
          group,
        ),
      (first, count) =>
        product(
          from + first * xBytes,
          x.example,
          xRow,
          b,
          to + first * yBytes,
          y.example,
          yRow,
          scratch,
          batchOf(count),
          rowsOf(count),
        ),
    );
  });
  const savedRows = rows + positions - 1;
  const saved = site.backward && kernel.trained ? saveRows(site, kernel, savedRows, shape.before) : undefined;

  return (dy, dx) => {
    // The weights' gradient first: the saved input may then make room for its own gradient. The update last: the
    // input's gradient is taken at the weights of the forward pass.
    const updates: (() => void)[] = [];
    if (saved) {
      accumulate(updates, kernel, (gradient) => {
        const spare = fast('weights', { channels: saved.channels });
        schedule.emit('backward', [saved.buffer, dy.buffer, gradient.buffer], (kernels) => {
          const [from, over] = [saved.buffer.offset + saved.at * 4, address(dy)];
          const to = gradient.buffer.offset + gradient.at;
          const [row, dyRow, taken] = [saved.row, rowOf(dy), positions * saved.channels];
          const { group, offset } = spare;
          if (group > 0)
            return ({ count }) =>
              kernels.winogradWeights(
                from,
                saved.example,
                over,
                dy.example,
                to,
                offset,
                count,
                rows,
                saved.channels,
                outputs,
                group,
              );
          return ({ count }) =>
            kernels.affineWeights(
              from,
              saved.example,
              row,
              over,
              dy.example,
              dyRow,
              to,
              batchOf(count),
              rowsOf(count),
              taken,
              outputs,
            );
        });
      });
    }
    emitBias(updates, site, bias, dy, rows, outputs);
    if (dx) {
      const transposed = inputPanel(schedule, shape);
      const inputRows = dense ? 0 : site.x.size / site.x.width;
      const spare = fast('input', { rows: inputRows });
      schedule.emit('backward', [dy.buffer, dx.buffer, transposed], (kernels) => {
        const [from, to, scratch] = [address(dy, -shape.gradientBefore), address(dx), transposed.offset];
        const [dyRow, dxRow] = [rowOf(dy), rowOf(dx)];
        const product = bindInputProduct(kernels, kernel, shape);
        const [dyBytes, dxBytes] = [dy.example * 4, dx.example * 4];
        return bindQuickest(
          spare,
          dy,
          dx,
          (first, count, spare, group) =>
            kernels.winogradInput(
              from + first * dyBytes,
              dy.example,
              parameterAddress(kernel),
              to + first * dxBytes,
              dx.example,
              spare,
              count,
              inputRows,
              channels,
              outputs,
              group,
            ),
          (first, count) =>
            product(
              from + first * dyBytes,
              dy.example,
              dyRow,
              to + first * dxBytes,
              dx.example,
              dxRow,
              scratch,
              batchOf(count),
              dense ? count : inputRows,
            ),
        );
      });
    }
    for (const update of updates) update();
  };
}

/** The part of a layer's input that is kept for the gradient of its weights, from value `at` of the buffer on. */
export interface SavedRows {
  readonly buffer: ArenaBuffer;
  readonly at: number;
  readonly example: number;
  readonly row: number;
  readonly channels: number;
}

/**
 * The input of the weight gradient for `rows` rows, the first of which lies `before` rows before the input: the input as it
 * is, or a copy of the trained channels.
 */
export function saveRows(site: LayerContext, kernel: ParameterSite, rows: number, before: number): SavedRows {
  const { schedule, x, batch } = site;
  const chosen = kernel.trained?.channels;
  const channels = site.inputShape.at(-1)!;
  const start = x.lead - before * x.width;
  if (!chosen) {
    const row = site.inputShape.length === 1 ? x.example : x.width;
    return { buffer: x.buffer, at: start, example: x.example, row, channels };
  }
  const table = schedule.table(chosen);
  const example = rows * chosen.length;
  const copy = schedule.buffer('activations', batch * example * 4);
  schedule.emit('forward', [x.buffer, copy], (kernels) => {
    const [from, to, indices] = [x.buffer.offset + start * 4, copy.offset, table.offset];
    return ({ count }) =>
      kernels.takeChannels(from, x.example, to, example, count, rows, channels, indices, chosen.length);
  });
  return { buffer: copy, at: 0, example, row: chosen.length, channels: chosen.length };
}

/** Emits the gradient of a bias over `rows` rows of an example's output, where there is one and the plan trains it. */
export function emitBias(
  updates: (() => void)[],
  { schedule, outputShape }: LayerContext,
  bias: ParameterSite | undefined,
  dy: View,
  rows: number,
  outputs: number,
): void {
  if (!bias) return;
  const dense = outputShape.length === 1;
  accumulate(updates, bias, (gradient) =>
    schedule.emit('backward', [dy.buffer, gradient.buffer], (kernels) => {
      const [over, row] = [address(dy), dense ? dy.example : dy.width];
      const to = gradient.buffer.offset + gradient.at;
      return ({ count }) =>
        kernels.affineBias(over, dy.example, row, to, dense ? 1 : count, dense ? count : rows, outputs);
    }),
  );
}

/** Emits a gradient where the plan trains the tensor, and notes its update. */
export function accumulate(
  updates: (() => void)[],
  site: ParameterSite,
  emit: (gradient: GradientSite) => void,
): void {
  if (site.trained && site.gradients) updates.push(site.gradients.emit(site.trained, emit));
}
