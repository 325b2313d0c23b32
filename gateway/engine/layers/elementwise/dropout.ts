import type { LayerOf } from '../../../model';
import type { Run, Step } from '../../arena/schedule';
import { address, type View } from '../../arena/view';
import type { Kernels } from '../../kernels/kernels';
import type { LayerModule } from '../common/layer';

/** Draws are whole numbers below this. */
const draws = 2 ** 32;

/**
 * Zeroes values at random while training, in place; nothing while evaluating. What is dropped follows from the round's
 * seed, the optimiser step and the example's place in its batch, whatever the micro-batch: the way back draws the same
 * again, and no mask is kept.
 */
export const dropout: LayerModule<LayerOf<'dropout'>> = {
  inPlace: true,
  compile({ schedule, spec, index, x }) {
    const [threshold, scale] = [Math.floor(spec.rate * draws), 1 / (1 - spec.rate)];
    const bind = (view: View, kernels: Kernels): Step => {
      const at = address(view);
      return ({ count, scale: training, seed, step, first }: Run) => {
        if (training === 0) return;
        const stream = (Math.imul(seed, 0x27d4eb2f) + Math.imul(step, 0x165667b1) + index) | 0;
        kernels.dropout(at, view.example, view.size, count, stream, first, threshold, scale);
      };
    };
    schedule.emit('forward', [x.buffer], (kernels) => bind(x, kernels));
    return (dy) => schedule.emit('backward', [dy.buffer], (kernels) => bind(dy, kernels));
  },
};
