import type { LayerOf } from '../../../model';
import { address } from '../../arena/view';
import type { LayerModule } from '../common/layer';

/** An S-shaped function, in place, whose slope follows from its value: the output is all that the way back needs. */
function saturating<Type extends 'tanh' | 'sigmoid'>(type: Type): LayerModule<LayerOf<Type>> {
  const back = type === 'tanh' ? 'tanhBack' : 'sigmoidBack';
  return {
    inPlace: true,
    keepsOutput: () => true,
    compile({ schedule, x, y }) {
      schedule.emit('forward', [x.buffer], (kernels) => {
        const at = address(x);
        return ({ count }) => kernels[type](at, x.example, x.size, count);
      });
      return (dy) =>
        schedule.emit('backward', [dy.buffer, y.buffer], (kernels) => {
          const [at, from] = [address(dy), address(y)];
          return ({ count }) => kernels[back](at, dy.example, from, y.example, y.size, count);
        });
    },
  };
}

export const tanh = saturating('tanh');
export const sigmoid = saturating('sigmoid');
