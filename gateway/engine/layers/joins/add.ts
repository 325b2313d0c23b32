import type { LayerOf } from '../../../model';
import { addView } from '../../arena/view';
import type { LayerModule } from '../common/layer';

/** Adds an earlier value, in place. Both get the gradient as it is; the passes bring it to the earlier one. */
export const add: LayerModule<LayerOf<'add'>> = {
  inPlace: true,
  gradientPasses: true,
  compile({ schedule, second, y }) {
    if (second) addView(schedule, 'forward', second, y);
    return () => {};
  },
};
