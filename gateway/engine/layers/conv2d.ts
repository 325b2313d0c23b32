import type { LayerOf } from '../../task';
import { bothWays } from '../../task/core';
import { emitAffine } from './affine';
import { emitConvolution } from './convolution';
import { waysOf } from './geometry';
import type { LayerModule } from './layer';

type Conv2d = LayerOf<'conv2d'>;

/** Every pixel by itself. */
const pointwise = ({ kernel, stride }: Conv2d) =>
  [...bothWays(kernel), ...bothWays(stride)].every((length) => length === 1);

/** `[height, width, channels] -> [height', width', filters]`. */
export const conv2d: LayerModule<Conv2d> = {
  inPlace: false,
  rounded: true,
  compile(site) {
    const { spec, inputShape, outputShape } = site;
    if (!pointwise(spec)) return emitConvolution(site, waysOf(spec, inputShape, outputShape), spec.filters);
    return emitAffine(site, {
      rows: inputShape[0]! * inputShape[1]!,
      positions: 1,
      channels: inputShape[2]!,
      outputs: spec.filters,
      before: 0,
      gradientBefore: 0,
    });
  },
};
