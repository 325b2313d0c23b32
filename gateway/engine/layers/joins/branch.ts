import type { LayerOf } from '../../../model';
import { copyView } from '../../arena/view';
import type { LayerModule } from '../common/layer';

/** A copy of an earlier value. The passes bring its gradient there, and the one that waits to the layer before it. */
export const branch: LayerModule<LayerOf<'branch'>> = {
  inPlace: false,
  startsBranch: true,
  compile({ schedule, second, y }) {
    if (second) copyView(schedule, 'forward', second, y);
    return () => {};
  },
};
