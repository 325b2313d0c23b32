import type { Schedule } from '../arena/schedule';
import type { Kernels } from '../kernels/kernels';
import type { RoundedKernel } from '../parameter-store';
import { type ParameterSite, parameterAddress } from '../parameters';

/**
 * The two products of a kernel with rows, whichever way its numbers lie. A rounded kernel is brought to float32 eight
 * columns at a time, into the panel that the tile works on: there is never a full float32 copy of a layer, and the sums
 * are those of the float32 kernel, number for number.
 */

/** `Kernels.affine` without the place of the weights. */
export type Product = (
  x: number,
  xExample: number,
  xRow: number,
  bias: number,
  y: number,
  yExample: number,
  yRow: number,
  panel: number,
  batch: number,
  rows: number,
) => void;

/** `Kernels.affineInput` without the place and sizes of the weights. */
export type InputProduct = (
  dy: number,
  dyExample: number,
  dyRow: number,
  dx: number,
  dxExample: number,
  dxRow: number,
  panel: number,
  batch: number,
  rows: number,
) => void;

export interface KernelShape {
  readonly positions: number;
  readonly channels: number;
  readonly outputs: number;
}

/** Columns that the kernels work on at a time. */
export const columnsOfATile = 8;

/** Scratch of the forward product: eight columns where they do not lie ready. */
export function productPanel(schedule: Schedule, site: ParameterSite, shape: KernelShape) {
  const ready = !site.rounded && shape.outputs % columnsOfATile === 0;
  const inner = shape.positions * shape.channels;
  return schedule.buffer('workspace', ready ? 0 : inner * columnsOfATile * 4);
}

/** Scratch of the input's product: the transposed weights of eight input channels. */
export function inputPanel(schedule: Schedule, { positions, outputs }: KernelShape) {
  return schedule.buffer('workspace', positions * outputs * columnsOfATile * 4);
}

export function bindProduct(
  kernels: Kernels,
  site: ParameterSite,
  { positions, channels, outputs }: KernelShape,
): Product {
  const inner = positions * channels;
  if (!site.rounded) {
    const w = parameterAddress(site);
    return (x, xExample, xRow, bias, y, yExample, yRow, panel, batch, rows) =>
      kernels.affine(x, xExample, xRow, w, bias, y, yExample, yRow, panel, batch, rows, inner, outputs);
  }
  const expand = bindExpand(kernels.expand, site.rounded);
  return (x, xExample, xRow, bias, y, yExample, yRow, panel, batch, rows) => {
    for (let n = 0; n < outputs; n += columnsOfATile) {
      expand(panel, n);
      const [to, from, columns] = [y + n * 4, bias + n * 4, Math.min(columnsOfATile, outputs - n)];
      kernels.affinePanel(x, xExample, xRow, panel, from, to, yExample, yRow, batch, rows, inner, columns);
    }
  };
}

export function bindInputProduct(
  kernels: Kernels,
  site: ParameterSite,
  { positions, channels, outputs }: KernelShape,
): InputProduct {
  if (!site.rounded) {
    const w = parameterAddress(site);
    return (dy, dyExample, dyRow, dx, dxExample, dxRow, panel, batch, rows) =>
      kernels.affineInput(
        dy,
        dyExample,
        dyRow,
        w,
        dx,
        dxExample,
        dxRow,
        panel,
        batch,
        rows,
        positions,
        channels,
        outputs,
      );
  }
  const inner = positions * outputs;
  const expand = bindExpand(kernels.expandTransposed, site.rounded);
  return (dy, dyExample, dyRow, dx, dxExample, dxRow, panel, batch, rows) => {
    for (let c = 0; c < channels; c += columnsOfATile) {
      expand(panel, c);
      const [to, columns] = [dx + c * 4, Math.min(columnsOfATile, channels - c)];
      kernels.affinePanel(dy, dyExample, dyRow, panel, 0, to, dxExample, dxRow, batch, rows, inner, columns);
    }
  };
}

export function bindExpand(
  kernel: Kernels['expand'],
  rounded: RoundedKernel,
): (panel: number, first: number) => void {
  const { positions, channels, outputs, trained } = rounded;
  const [codes, bits] = [rounded.codes.offset, rounded.precision === 'int8' ? 8 : 16];
  const at = (buffer: { offset: number } | undefined) => buffer?.offset ?? 0;
  const [scales, values, table] = [at(rounded.scales), at(rounded.values), at(rounded.table)];
  const count = trained.length;
  return (panel, first) =>
    kernel(codes, bits, scales, values, table, panel, positions, channels, outputs, count, first);
}
