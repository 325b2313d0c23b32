import type { LayerOf } from '../../task';
import { emitDepthwise } from './depthwise';
import { waysOf } from './geometry';
import type { LayerModule } from './layer';

/** `[height, width, channels] -> [height', width', channels]`. */
export const depthwiseconv2d: LayerModule<LayerOf<'depthwiseconv2d'>> = {
  inPlace: false,
  compile: (site) => emitDepthwise(site, waysOf(site.spec, site.inputShape, site.outputShape)),
};
