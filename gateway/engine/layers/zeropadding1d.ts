import type { LayerOf } from '../../model';
import { address } from '../arena/view';
import type { LayerModule } from './common/layer';

/** `[length, channels] -> [before + length + after, channels]`: rows of zeros at both ends. */
export const zeropadding1d: LayerModule<LayerOf<'zeropadding1d'>> = {
  inPlace: false,
  compile({ schedule, spec, x, y }) {
    schedule.emit('forward', [x.buffer, y.buffer], (kernels) => {
      const [from, to, all] = [address(x), address(y, spec.before), y.buffer.offset];
      const lead = y.lead + spec.before * y.width;
      return ({ count }) => {
        kernels.zeroHalo(all, y.example, lead, x.size, count);
        kernels.copyRows(from, x.example, to, y.example, x.size, count);
      };
    });
    return (dy, dx) => {
      if (!dx) return;
      schedule.emit('backward', [dy.buffer, dx.buffer], (kernels) => {
        const [from, to] = [address(dy, spec.before), address(dx)];
        return ({ count }) => kernels.copyRows(from, dy.example, to, dx.example, dx.size, count);
      });
    };
  },
};
