import type { LayerOf } from '../../../model';
import { bothWays } from '../../../model';
import { emitAffine } from '../common/affine';
import { waysOf } from '../common/geometry';
import type { LayerModule } from '../common/layer';
import { emitConvolution } from './convolution';

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
