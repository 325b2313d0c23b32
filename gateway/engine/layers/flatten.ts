import type { LayerSpec } from '../../model';
import type { LayerModule } from './common/layer';

/** Row-major values under another shape: nothing to do, in either direction. */
export const flatten: LayerModule<Extract<LayerSpec, { type: 'flatten' }>> = {
  inPlace: true,
  view: true,
  compile: () => () => {},
};
