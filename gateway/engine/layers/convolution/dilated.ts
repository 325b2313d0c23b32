import { address } from '../../arena/view';
import type { Kernels } from '../../kernels/kernels';
import { type ParameterSite, parameterAddress } from '../../parameters/parameters';
import { type AffineShape, accumulate, emitBias, saveRows } from '../common/affine';
import type { EmitBackward, LayerContext } from '../common/layer';
import { bindExpand, bindExpandTransposed, columnsOfATile } from '../common/weights';

/** A convolution whose taps lie `dilation` rows apart (`a trous`). */
export interface DilatedShape extends AffineShape {
  readonly dilation: number;
}

/** Lays rows of eight columns, from a row on, into a panel. */
type Lay = (panel: number, first: number, from: number, rows: number) => void;

/**
 * Emits a convolution along rows whose taps lie apart: one matrix product for each tap, over the haloed input moved by a
 * tap, added up. Eight columns of one tap's weights at a time are laid into a panel, whatever their form.
 */
export function emitDilated(site: LayerContext, shape: DilatedShape): EmitBackward {
  const { schedule, x, y } = site;
  const { rows, positions, channels, outputs, dilation, before } = shape;
  const [kernel, bias] = site.parameters as [ParameterSite, ParameterSite | undefined];
  const panel = schedule.buffer('workspace', channels * columnsOfATile * 4);
  schedule.emit('forward', [x.buffer, y.buffer, panel], (kernels) => {
    const [from, to, scratch] = [address(x, -before), address(y), panel.offset];
    const b = bias ? parameterAddress(bias) : 0;
    const step = dilation * x.width * 4;
    const lay = bindColumns(kernels, kernel, outputs);
    return ({ count }) => {
      for (let n = 0; n < outputs; n += columnsOfATile) {
        const columns = Math.min(columnsOfATile, outputs - n);
        for (let k = 0; k < positions; k++) {
          lay(scratch, n, k * channels, channels);
          kernels.affinePanel(
            from + k * step,
            x.example,
            x.width,
            scratch,
            b && b + n * 4,
            to + n * 4,
            y.example,
            y.width,
            count,
            rows,
            channels,
            columns,
            k > 0 ? 1 : 0,
          );
        }
      }
    };
  });
  const savedRows = rows + dilation * (positions - 1);
  const saved = site.backward && kernel.trained ? saveRows(site, kernel, savedRows, before) : undefined;

  return (dy, dx) => {
    const updates: (() => void)[] = [];
    if (saved) {
      accumulate(updates, kernel, (gradient) =>
        schedule.emit('backward', [saved.buffer, dy.buffer, gradient.buffer], (kernels) => {
          const [from, over] = [saved.buffer.offset + saved.at * 4, address(dy)];
          const to = gradient.buffer.offset + gradient.at;
          const [step, size] = [dilation * saved.row * 4, saved.channels * outputs * 4];
          return ({ count }) => {
            for (let k = 0; k < positions; k++)
              kernels.affineWeights(
                from + k * step,
                saved.example,
                saved.row,
                over,
                dy.example,
                dy.width,
                to + k * size,
                count,
                rows,
                saved.channels,
                outputs,
              );
          };
        }),
      );
    }
    emitBias(updates, site, bias, dy, rows, outputs);
    if (dx) {
      const inputRows = x.size / x.width;
      const flipped = schedule.buffer('workspace', positions * outputs * columnsOfATile * 4);
      schedule.emit('backward', [dy.buffer, dx.buffer, flipped], (kernels) => {
        const [from, to, scratch] = [address(dy, -shape.gradientBefore), address(dx), flipped.offset];
        const [step, size] = [dilation * dy.width * 4, outputs * columnsOfATile * 4];
        const flip = bindFlipped(kernels, kernel, shape);
        return ({ count }) => {
          for (let c = 0; c < channels; c += columnsOfATile) {
            const columns = Math.min(columnsOfATile, channels - c);
            flip(scratch, c);
            for (let k = 0; k < positions; k++)
              kernels.affinePanel(
                from + k * step,
                dy.example,
                dy.width,
                scratch + k * size,
                0,
                to + c * 4,
                dx.example,
                dx.width,
                count,
                inputRows,
                outputs,
                columns,
                k > 0 ? 1 : 0,
              );
          }
        };
      });
    }
    for (const update of updates) update();
  };
}

function bindColumns(kernels: Kernels, kernel: ParameterSite, outputs: number): Lay {
  if (kernel.rounded) return bindExpand(kernels, kernel.rounded);
  const w = parameterAddress(kernel);
  return (panel, first, from, rows) => {
    const columns = Math.min(columnsOfATile, outputs - first);
    if (columns < columnsOfATile) kernels.zero(panel, rows * columnsOfATile);
    kernels.copyRows(w + (from * outputs + first) * 4, outputs, panel, columnsOfATile, columns, rows);
  };
}

/** The whole kernel of eight input channels, its last tap first. */
function bindFlipped(kernels: Kernels, kernel: ParameterSite, shape: DilatedShape) {
  const { positions, channels, outputs } = shape;
  if (kernel.rounded) {
    const expand = bindExpandTransposed(kernels, kernel.rounded);
    return (panel: number, first: number) => expand(panel, first, 0, positions * outputs);
  }
  const w = parameterAddress(kernel);
  return (panel: number, first: number) => kernels.flipPanel(w, panel, positions, channels, outputs, first);
}
