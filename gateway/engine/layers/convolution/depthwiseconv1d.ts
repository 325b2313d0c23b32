import type { LayerOf } from '../../../model';
import { waysOf } from '../common/geometry';
import type { LayerModule } from '../common/layer';
import { emitDepthwise } from './depthwise';

/** `[length, channels] -> [length', channels]`. */
export const depthwiseconv1d: LayerModule<LayerOf<'depthwiseconv1d'>> = {
  inPlace: false,
  compile: (site) => emitDepthwise(site, waysOf(site.spec, site.inputShape, site.outputShape)),
};
