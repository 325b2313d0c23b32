import type { LayerOf } from '../../model';
import { address } from '../arena/view';
import type { LayerModule } from './common/layer';

/** `[length, channels] -> [length * size, channels]`: each row again and again. */
export const upsampling1d: LayerModule<LayerOf<'upsampling1d'>> = {
  inPlace: false,
  compile({ schedule, spec, x, y, inputShape }) {
    const [length, channels] = inputShape as [number, number];
    schedule.emit('forward', [x.buffer, y.buffer], (kernels) => {
      const [from, to] = [address(x), address(y)];
      return ({ count }) =>
        kernels.upsample(from, x.example, to, y.example, count, length, channels, spec.size);
    });
    return (dy, dx) => {
      if (!dx) return;
      schedule.emit('backward', [dy.buffer, dx.buffer], (kernels) => {
        const [from, to] = [address(dy), address(dx)];
        return ({ count }) =>
          kernels.upsampleBack(from, dy.example, to, dx.example, count, length, channels, spec.size);
      });
    };
  },
};
