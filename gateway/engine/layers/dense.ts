import type { LayerSpec } from '../../model';
import { emitAffine } from './common/affine';
import type { LayerModule } from './common/layer';

/** `[features] -> [units]`: y = x w + b. */
export const dense: LayerModule<Extract<LayerSpec, { type: 'dense' }>> = {
  inPlace: false,
  rounded: true,
  compile: (site) =>
    emitAffine(site, {
      rows: 1,
      positions: 1,
      channels: site.inputShape[0]!,
      outputs: site.spec.units,
      before: 0,
      gradientBefore: 0,
    }),
};
