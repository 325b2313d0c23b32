import type { Schedule } from '../../arena/schedule';
import { type Kernels, panelRows } from '../../kernels/kernels';
import type { RoundedKernel } from '../../parameters/parameter-store';
import { type ParameterSite, parameterAddress } from '../../parameters/parameters';

/**
 * The two products of a kernel with rows, whichever way its numbers lie. A rounded kernel is brought to float32 eight
 * columns and at most `panelRows` rows at a time, into the panel that the tile works on: there is never a float32 copy of
 * a layer, and the sums are those of the float32 kernel, number for number.
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
  return schedule.buffer('workspace', ready ? 0 : panelBytes(shape.positions * shape.channels));
}

/** Scratch of the input's product: the transposed weights of eight input channels. */
export function inputPanel(schedule: Schedule, { positions, outputs }: KernelShape) {
  return schedule.buffer('workspace', panelBytes(positions * outputs));
}

const panelBytes = (rows: number) => Math.min(rows, panelRows) * columnsOfATile * 4;

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
  const expand = bindExpand(kernels, site.rounded);
  return (x, xExample, xRow, bias, y, yExample, yRow, panel, batch, rows) => {
    for (let n = 0; n < outputs; n += columnsOfATile) {
      const [to, start, columns] = [y + n * 4, bias && bias + n * 4, Math.min(columnsOfATile, outputs - n)];
      for (let i = 0; i < inner; i += panelRows) {
        const [at, taken] = [x + i * 4, Math.min(panelRows, inner - i)];
        expand(panel, n, i, taken);
        kernels.affinePanel(
          at,
          xExample,
          xRow,
          panel,
          start,
          to,
          yExample,
          yRow,
          batch,
          rows,
          taken,
          columns,
          i > 0 ? 1 : 0,
        );
      }
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
  const expand = bindExpandTransposed(kernels, site.rounded);
  return (dy, dyExample, dyRow, dx, dxExample, dxRow, panel, batch, rows) => {
    for (let c = 0; c < channels; c += columnsOfATile) {
      const [to, columns] = [dx + c * 4, Math.min(columnsOfATile, channels - c)];
      for (let i = 0; i < inner; i += panelRows) {
        const [at, taken] = [dy + i * 4, Math.min(panelRows, inner - i)];
        expand(panel, c, i, taken);
        kernels.affinePanel(
          at,
          dyExample,
          dyRow,
          panel,
          0,
          to,
          dxExample,
          dxRow,
          batch,
          rows,
          taken,
          columns,
          i > 0 ? 1 : 0,
        );
      }
    }
  };
}

/** Brings `rows` rows of eight columns to a panel: from which column, and from which row on. */
export type Expand = (panel: number, first: number, from: number, rows: number) => void;

/** Eight columns of a rounded kernel, as they lie. */
export function bindExpand(kernels: Kernels, rounded: RoundedKernel): Expand {
  const { channels, outputs, trained } = rounded;
  const { codes, bits, scales, values, table } = placesOf(rounded);
  const count = trained.length;
  return (panel, first, from, rows) =>
    kernels.expand(codes, bits, scales, values, table, panel, channels, outputs, count, first, from, rows);
}

/** Eight input channels of a rounded kernel, flipped and transposed. */
export function bindExpandTransposed(kernels: Kernels, rounded: RoundedKernel): Expand {
  const { positions, channels, outputs, trained } = rounded;
  const { codes, bits, scales, values, table } = placesOf(rounded);
  const count = trained.length;
  return (panel, first, from, rows) =>
    kernels.expandTransposed(
      codes,
      bits,
      scales,
      values,
      table,
      panel,
      positions,
      channels,
      outputs,
      count,
      first,
      from,
      rows,
    );
}

function placesOf({ codes, scales, values, table, precision }: RoundedKernel) {
  const at = (buffer: { offset: number } | undefined) => buffer?.offset ?? 0;
  const bits = precision === 'int8' ? 8 : 16;
  return { codes: codes.offset, bits, scales: at(scales), values: at(values), table: at(table) };
}
