import { address } from '../../arena/view';
import { type ParameterSite, parameterAddress } from '../../parameters/parameters';
import { accumulate, emitBias, saveRows } from '../common/affine';
import { geometryOf, inputParts, type Ways } from '../common/geometry';
import type { EmitBackward, LayerContext } from '../common/layer';

/** Channels that a kernel takes at a time: tables of channels are padded to as many. */
const lanes = 4;

/**
 * Emits a convolution of each channel with weights of its own, `[taps down, taps across, channels]`. Of a partly trained
 * kernel the input of the chosen channels alone is kept.
 */
export function emitDepthwise(site: LayerContext, ways: Ways): EmitBackward {
  const { schedule, x, y } = site;
  const [kernel, bias] = site.parameters as [ParameterSite, ParameterSite | undefined];
  const channels = site.inputShape.at(-1)!;
  const [down, across] = ways;
  const geometry = schedule.table(geometryOf(ways, channels, channels, 1));
  schedule.emit('forward', [x.buffer, y.buffer], (kernels) => {
    const [from, to, table] = [address(x), address(y), geometry.offset];
    const [w, b] = [parameterAddress(kernel), bias ? parameterAddress(bias) : 0];
    return ({ count }) => kernels.depthwise(from, x.example, w, b, to, y.example, table, count);
  });
  const rows = down.length * across.length;
  const saved = site.backward && kernel.trained ? saveRows(site, kernel, rows, 0) : undefined;

  return (dy, dx) => {
    const updates: (() => void)[] = [];
    if (saved) {
      const chosen = kernel.trained?.channels;
      const own = chosen ? schedule.table(geometryOf(ways, chosen.length, chosen.length, 1)) : geometry;
      const padding = chosen ? new Array<number>((lanes - (chosen.length % lanes)) % lanes).fill(0) : [];
      const names = chosen && schedule.table([...chosen, ...padding]);
      accumulate(updates, kernel, (gradient) =>
        schedule.emit('backward', [saved.buffer, dy.buffer, gradient.buffer], (kernels) => {
          const [from, over] = [saved.buffer.offset + saved.at * 4, address(dy)];
          const [to, table] = [gradient.buffer.offset + gradient.at, own.offset];
          const list = names?.offset ?? 0;
          return ({ count }) =>
            kernels.depthwiseWeights(from, saved.example, over, dy.example, channels, list, to, table, count);
        }),
      );
    }
    emitBias(updates, site, bias, dy, down.windows * across.windows, channels);
    if (dx) {
      const parts = inputParts(ways, channels, channels, -1).map((part) => ({
        ...part,
        table: schedule.table(part.geometry),
      }));
      schedule.emit('backward', [dy.buffer, dx.buffer], (kernels) => {
        const [from, to, w] = [address(dy), address(dx), parameterAddress(kernel)];
        const calls = parts.map(({ at, tap, table }) => ({
          w: w + tap * channels * 4,
          at: to + at * 4,
          table: table.offset,
        }));
        return ({ count }) => {
          for (let i = 0; i < calls.length; i++) {
            const { w, at, table } = calls[i]!;
            kernels.depthwise(from, dy.example, w, 0, at, dx.example, table, count);
          }
        };
      });
    }
    for (const update of updates) update();
  };
}
