import { address } from '../../arena/view';
import { geometryOf, type Ways } from '../common/geometry';
import type { EmitBackward, LayerContext } from '../common/layer';

/**
 * Emits a pooling whose windows overlap, leave gaps or reach beyond the ends. Of the largest, one byte per output says which
 * tap it was; the mean is over the taps inside.
 */
export function emitOverlapping(site: LayerContext, ways: Ways, kind: 'largest' | 'mean'): EmitBackward {
  const { schedule, x, y, batch, backward, relu } = site;
  const channels = site.inputShape.at(-1)!;
  const geometry = schedule.table(geometryOf(ways, channels, channels));
  const isLargest = kind === 'largest';
  const places = schedule.buffer('activations', isLargest && backward ? batch * y.size : 0);
  schedule.emit('forward', [x.buffer, y.buffer, places], (kernels) => {
    const [from, to, table] = [address(x), address(y), geometry.offset];
    const bytes = Math.max(0, places.offset);
    const flag = relu ? 1 : 0;
    if (isLargest)
      return ({ count }) => kernels.largest(from, x.example, to, y.example, bytes, table, count, flag);
    return ({ count }) => kernels.means(from, x.example, to, y.example, table, count);
  });
  return (dy, dx) => {
    if (!dx) return;
    schedule.emit('backward', [dy.buffer, dx.buffer, places], (kernels) => {
      const [from, to, table] = [address(dy), address(dx), geometry.offset];
      const bytes = isLargest ? places.offset : 0;
      return ({ count }) => kernels.windowsBack(from, dy.example, to, dx.example, bytes, table, count);
    });
  };
}
