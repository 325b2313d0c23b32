import type { LayerOf } from '../../../model';
import type { LayerModule } from '../common/layer';
import { emitRectifier } from './relu';

/** min(max(x, 0), 6), in place; one bit per value is all that the way back needs. */
export const relu6: LayerModule<LayerOf<'relu6'>> = {
  inPlace: true,
  compile: (site) => emitRectifier(site, 'relu6'),
};
