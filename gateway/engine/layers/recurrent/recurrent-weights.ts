import type { Schedule } from '../../arena/schedule';
import type { Kernels } from '../../kernels/kernels';
import { type ParameterSite, parameterAddress } from '../../parameters/parameters';
import type { KernelShape } from '../common/weights';

/** Rows of a kernel that are brought to float32 at a time, as many as the tile has. */
const rowsOfATile = 4;

/** `Kernels.addTransposed` without the place and sizes of the weights. `panel` is scratch. */
export type AddTransposed = (
  x: number,
  xRow: number,
  y: number,
  yRow: number,
  panel: number,
  rows: number,
) => void;

/** Scratch of `bindAddTransposed`: a few rows where they do not lie ready in float32. */
export function rowsPanel(schedule: Schedule, site: ParameterSite, { channels, outputs }: KernelShape) {
  const rows = site.rounded ? Math.min(rowsOfATile, channels) : 0;
  return schedule.buffer('workspace', rows * outputs * 4);
}

/**
 * The product with a transposed kernel of one position, from its rows as they lie. A recurrent unit takes it once for
 * each row of its input: transposing a panel each time would cost as much as the product of a few examples.
 */
export function bindAddTransposed(
  kernels: Kernels,
  site: ParameterSite,
  { channels, outputs }: KernelShape,
): AddTransposed {
  const { rounded } = site;
  if (!rounded) {
    const w = parameterAddress(site);
    return (x, xRow, y, yRow, _panel, rows) =>
      kernels.addTransposed(x, xRow, w, y, yRow, rows, outputs, channels);
  }
  const at = (buffer: { offset: number } | undefined) => buffer?.offset ?? 0;
  const [codes, bits] = [rounded.codes.offset, rounded.precision === 'int8' ? 8 : 16];
  const [scales, values, table] = [at(rounded.scales), at(rounded.values), at(rounded.table)];
  return (x, xRow, y, yRow, panel, rows) => {
    for (let c = 0; c < channels; c += rowsOfATile) {
      const taken = Math.min(rowsOfATile, channels - c);
      kernels.expandRows(codes, bits, scales, values, table, panel, outputs, c, taken);
      kernels.addTransposed(x, xRow, panel, y + c * 4, yRow, rows, outputs, taken);
    }
  };
}
