import type { LayerOf } from '../../../model';
import { address } from '../../arena/view';
import type { EmitBackward, LayerContext, LayerModule } from '../common/layer';

/** max(x, 0), in place; one bit per value is all that the way back needs. */
export const relu: LayerModule<LayerOf<'relu'>> = {
  inPlace: true,
  compile: (site) => emitRectifier(site, 'relu'),
};

/** Emits a kernel that clips in place and notes which values came through. */
export function emitRectifier(
  { schedule, x, batch, backward }: LayerContext,
  kernel: 'relu' | 'relu6',
): EmitBackward {
  const mask = schedule.buffer('activations', backward ? batch * Math.ceil(x.size / 8) : 0);
  schedule.emit('forward', [x.buffer, mask], (kernels) => {
    const [at, bits] = [address(x), Math.max(0, mask.offset)];
    return ({ count }) => kernels[kernel](at, x.example, x.size, count, bits);
  });
  return (dy) =>
    schedule.emit('backward', [dy.buffer, mask], (kernels) => {
      const [at, bits] = [address(dy), mask.offset];
      return ({ count }) => kernels.reluBack(at, dy.example, dy.size, count, bits);
    });
}
