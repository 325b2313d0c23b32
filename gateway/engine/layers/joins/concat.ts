import type { LayerOf } from '../../../model';
import { address, type View } from '../../arena/view';
import type { Kernels } from '../../kernels/kernels';
import type { LayerContext, LayerModule } from '../common/layer';

/** The channels of an earlier value and its own, side by side. Both get their part of the gradient. */
export const concat: LayerModule<LayerOf<'concat'>> = {
  inPlace: false,
  compile(site) {
    const { schedule, spec, x, y, second } = site;
    if (!second) return () => {};
    const [own, other] = spec.after ? [0, x.width] : [second.width, 0];
    schedule.emit('forward', [x.buffer, second.buffer, y.buffer], (kernels) => {
      const takeOwn = bindPart(kernels, site, x, y, own, 'in');
      const takeOther = bindPart(kernels, site, second, y, other, 'in');
      return ({ count }) => {
        takeOwn(count);
        takeOther(count);
      };
    });
    return (dy, dx, dSecond) => {
      for (const [part, at] of [
        [dx, own],
        [dSecond, other],
      ] as const) {
        if (!part) continue;
        schedule.emit('backward', [dy.buffer, part.buffer], (kernels) => {
          const give = bindPart(kernels, site, part, dy, at, 'out');
          return ({ count }) => give(count);
        });
      }
    };
  },
};

/** Copies the rows of a part into those of the whole, from channel `at` on, or out of them. */
function bindPart(
  kernels: Kernels,
  { inputShape }: LayerContext,
  part: View,
  whole: View,
  at: number,
  way: 'in' | 'out',
): (count: number) => void {
  const [from, to] = [address(part), address(whole) + at * 4];
  // The examples of features are their rows.
  if (inputShape.length === 1) {
    if (way === 'in')
      return (count) => kernels.copyRows(from, part.example, to, whole.example, part.size, count);
    return (count) => kernels.copyRows(to, whole.example, from, part.example, part.size, count);
  }
  const rows = part.size / part.width;
  return (count) => {
    for (let b = 0; b < count; b++) {
      const [x, y] = [from + b * part.example * 4, to + b * whole.example * 4];
      if (way === 'in') kernels.copyRows(x, part.width, y, whole.width, part.width, rows);
      else kernels.copyRows(y, whole.width, x, part.width, part.width, rows);
    }
  };
}
