import type { LayerOf } from '../../model';
import type { LayerModule } from './common/layer';

/** The same values under another shape: nothing to do, in either direction. */
export const reshape: LayerModule<LayerOf<'reshape'>> = {
  inPlace: true,
  view: true,
  compile: () => () => {},
};
