import type { LayerSpec } from '../../task';
import type { LayerModule } from './layer';

/** Row-major values under another shape: nothing to do, in either direction. */
export const flatten: LayerModule<Extract<LayerSpec, { type: 'flatten' }>> = {
  inPlace: true,
  view: true,
  compile: () => () => {},
};
