import { address } from '../../arena/view';
import type { Kernels } from '../../kernels/kernels';
import { type ParameterSite, parameterAddress } from '../../parameters/parameters';
import { accumulate, emitBias, saveRows } from '../common/affine';
import { geometryOf, inputParts, type Ways } from '../common/geometry';
import type { EmitBackward, LayerContext } from '../common/layer';
import { bindExpand, bindExpandTransposed, columnsOfATile } from '../common/weights';

/**
 * Emits a convolution over pictures or strided rows, whatever its sizes. Weights lie as in Keras, `[taps down, taps
 * across, channels, outputs]`. No border is laid around the input, nor around the gradient: at 8 by 8 pixels it would
 * take half as much again.
 */
export function emitConvolution(site: LayerContext, ways: Ways, outputs: number): EmitBackward {
  const { schedule, x, y } = site;
  const [kernel, bias] = site.parameters as [ParameterSite, ParameterSite | undefined];
  const channels = site.inputShape.at(-1)!;
  const [down, across] = ways;
  const shape = { positions: down.taps * across.taps, channels, outputs };
  const geometry = schedule.table(geometryOf(ways, channels, outputs));

  const panel = schedule.buffer(
    'workspace',
    kernel.rounded ? shape.positions * channels * columnsOfATile * 4 : 0,
  );
  schedule.emit('forward', [x.buffer, y.buffer, panel], (kernels) => {
    const [from, to, table] = [address(x), address(y), geometry.offset];
    const b = bias && parameterAddress(bias);
    const weights = bindColumns(kernels, kernel, outputs, panel.offset);
    return ({ count }) => {
      for (let n = 0; n < outputs; n += columnsOfATile) {
        const columns = Math.min(columnsOfATile, outputs - n);
        const w = weights.of(n);
        const start = b === undefined ? 0 : b + n * 4;
        kernels.convolve(
          from,
          x.example,
          w,
          weights.row,
          start,
          to + n * 4,
          y.example,
          table,
          count,
          columns,
        );
      }
    };
  });
  const rows = down.length * across.length;
  const saved = site.backward && kernel.trained ? saveRows(site, kernel, rows, 0) : undefined;

  return (dy, dx) => {
    const updates: (() => void)[] = [];
    if (saved) {
      const own =
        saved.channels === channels ? geometry : schedule.table(geometryOf(ways, saved.channels, outputs));
      accumulate(updates, kernel, (gradient) =>
        schedule.emit('backward', [saved.buffer, dy.buffer, gradient.buffer], (kernels) => {
          const [from, over] = [saved.buffer.offset + saved.at * 4, address(dy)];
          const [to, table] = [gradient.buffer.offset + gradient.at, own.offset];
          return ({ count }) =>
            kernels.convolveWeights(from, saved.example, over, dy.example, to, table, count, outputs);
        }),
      );
    }
    emitBias(updates, site, bias, dy, down.windows * across.windows, outputs);
    if (dx) {
      const panelValues = shape.positions * outputs * columnsOfATile;
      const flipped = schedule.buffer('workspace', panelValues * 4);
      const parts = inputParts(ways, channels, outputs, outputs).map(({ at, tap, geometry }) => ({
        at,
        // The panel is flipped: its first tap is the kernel's last.
        row: (shape.positions - 1 - tap) * outputs,
        table: schedule.table(geometry),
      }));
      schedule.emit('backward', [dy.buffer, dx.buffer, flipped], (kernels) => {
        const [from, to, scratch] = [address(dy), address(dx), flipped.offset];
        const flip = bindFlip(kernels, kernel, shape);
        const calls = parts.map(({ at, row, table }) => ({
          w: scratch + row * columnsOfATile * 4,
          at: to + at * 4,
          table: table.offset,
        }));
        return ({ count }) => {
          for (let c = 0; c < channels; c += columnsOfATile) {
            flip(scratch, c);
            const columns = Math.min(columnsOfATile, channels - c);
            for (let i = 0; i < calls.length; i++) {
              const { w, at, table } = calls[i]!;
              kernels.convolve(
                from,
                dy.example,
                w,
                columnsOfATile,
                0,
                at + c * 4,
                dx.example,
                table,
                count,
                columns,
              );
            }
          }
        };
      });
    }
    for (const update of updates) update();
  };
}

/** Place of eight columns of a kernel, and the number of values in a row. */
function bindColumns(kernels: Kernels, kernel: ParameterSite, outputs: number, panel: number) {
  if (!kernel.rounded) {
    const w = parameterAddress(kernel);
    return { row: outputs, of: (first: number) => w + first * 4 };
  }
  const expand = bindExpand(kernels, kernel.rounded);
  const rows = kernel.rounded.positions * kernel.rounded.channels;
  return {
    row: columnsOfATile,
    of: (first: number) => {
      expand(panel, first, 0, rows);
      return panel;
    },
  };
}

function bindFlip(
  kernels: Kernels,
  kernel: ParameterSite,
  { positions, channels, outputs }: { positions: number; channels: number; outputs: number },
): (panel: number, first: number) => void {
  if (kernel.rounded) {
    const expand = bindExpandTransposed(kernels, kernel.rounded);
    return (panel, first) => expand(panel, first, 0, positions * outputs);
  }
  const w = parameterAddress(kernel);
  return (panel, first) => kernels.flipPanel(w, panel, positions, channels, outputs, first);
}
