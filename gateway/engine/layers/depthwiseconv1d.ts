import type { LayerOf } from '../../task';
import { emitDepthwise } from './depthwise';
import { waysOf } from './geometry';
import type { LayerModule } from './layer';

/** `[length, channels] -> [length', channels]`. */
export const depthwiseconv1d: LayerModule<LayerOf<'depthwiseconv1d'>> = {
  inPlace: false,
  compile: (site) => emitDepthwise(site, waysOf(site.spec, site.inputShape, site.outputShape)),
};
