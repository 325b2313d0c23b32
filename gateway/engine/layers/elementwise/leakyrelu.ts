import type { LayerOf } from '../../../model';
import { address } from '../../arena/view';
import type { LayerModule } from '../common/layer';

/** x above zero, slope x elsewhere, in place; one bit per value is all that the backward pass needs. */
export const leakyrelu: LayerModule<LayerOf<'leakyrelu'>> = {
  inPlace: true,
  compile({ schedule, spec, x, batch, backward }) {
    const mask = schedule.buffer('activations', backward ? batch * Math.ceil(x.size / 8) : 0);
    schedule.emit('forward', [x.buffer, mask], (kernels) => {
      const [at, bits] = [address(x), Math.max(0, mask.offset)];
      return ({ count }) => kernels.leakyRelu(at, x.example, x.size, count, bits, spec.slope);
    });
    return (dy) =>
      schedule.emit('backward', [dy.buffer, mask], (kernels) => {
        const [at, bits] = [address(dy), mask.offset];
        return ({ count }) => kernels.leakyReluBack(at, dy.example, dy.size, count, bits, spec.slope);
      });
  },
};
