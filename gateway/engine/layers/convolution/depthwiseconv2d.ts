import type { LayerOf } from '../../../model';
import { waysOf } from '../common/geometry';
import type { LayerModule } from '../common/layer';
import { emitDepthwise } from './depthwise';

/** `[height, width, channels] -> [height', width', channels]`. */
export const depthwiseconv2d: LayerModule<LayerOf<'depthwiseconv2d'>> = {
  inPlace: false,
  compile: (site) => emitDepthwise(site, waysOf(site.spec, site.inputShape, site.outputShape)),
};
