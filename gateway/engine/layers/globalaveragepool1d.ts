import type { LayerSpec } from '../../task';
import { address } from '../arena/view';
import type { LayerModule } from './layer';

/** `[length, channels] -> [channels]`: the mean over the length. */
export const globalaveragepool1d: LayerModule<Extract<LayerSpec, { type: 'globalaveragepool1d' }>> = {
  inPlace: false,
  compile({ schedule, x, y, inputShape }) {
    const [length, channels] = inputShape as [number, number];
    schedule.emit('forward', [x.buffer, y.buffer], (kernels) => {
      const [from, to] = [address(x), address(y)];
      return ({ count }) => kernels.averagePool(from, x.example, to, y.example, count, length, channels);
    });
    return (dy, dx) => {
      if (!dx) return;
      schedule.emit('backward', [dy.buffer, dx.buffer], (kernels) => {
        const [from, to] = [address(dy), address(dx)];
        return ({ count }) =>
          kernels.averagePoolBack(from, dy.example, to, dx.example, count, length, channels);
      });
    };
  },
};
