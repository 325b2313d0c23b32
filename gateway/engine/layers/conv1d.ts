import type { LayerSpec } from '../../task';
import type { Halo } from '../arena/view';
import { emitAffine } from './affine';
import type { LayerModule } from './layer';

type Conv1d = Extract<LayerSpec, { type: 'conv1d' }>;

/** Keras' padding: of the `kernel - 1` rows, the smaller half comes first. */
function halo({ kernel, padding }: Conv1d): Halo {
  if (padding === 'valid') return { before: 0, after: 0 };
  const before = (kernel - 1) >> 1;
  return { before, after: kernel - 1 - before };
}

/** The input's gradient is a convolution with the flipped kernel; what was not padded before is padded now. */
function gradientHalo(spec: Conv1d): Halo {
  const { before, after } = halo(spec);
  return { before: spec.kernel - 1 - before, after: spec.kernel - 1 - after };
}

/** `[length, channels] -> [length', filters]`, stride 1. */
export const conv1d: LayerModule<Conv1d> = {
  inPlace: false,
  rounded: true,
  halo,
  gradientHalo,
  compile: (site) =>
    emitAffine(site, {
      rows: site.outputShape[0]!,
      positions: site.spec.kernel,
      channels: site.inputShape[1]!,
      outputs: site.spec.filters,
      before: halo(site.spec).before,
      gradientBefore: gradientHalo(site.spec).before,
    }),
};
