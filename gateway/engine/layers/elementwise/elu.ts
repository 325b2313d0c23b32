import type { LayerOf } from '../../../model';
import { address } from '../../arena/view';
import type { LayerModule } from '../common/layer';

/** x above zero, alpha (e^x - 1) elsewhere, in place; its slope follows from its value. */
export const elu: LayerModule<LayerOf<'elu'>> = {
  inPlace: true,
  keepsOutput: () => true,
  compile({ schedule, spec, x, y }) {
    schedule.emit('forward', [x.buffer], (kernels) => {
      const at = address(x);
      return ({ count }) => kernels.elu(at, x.example, x.size, count, spec.alpha);
    });
    return (dy) =>
      schedule.emit('backward', [dy.buffer, y.buffer], (kernels) => {
        const [at, from] = [address(dy), address(y)];
        return ({ count }) => kernels.eluBack(at, dy.example, from, y.example, y.size, count, spec.alpha);
      });
  },
};
