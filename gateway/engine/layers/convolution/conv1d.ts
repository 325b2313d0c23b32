import type { LayerOf } from '../../../model';
import type { Halo } from '../../arena/view';
import { noHalo } from '../../arena/view';
import { emitAffine } from '../common/affine';
import { waysOf } from '../common/geometry';
import type { LayerModule } from '../common/layer';
import { emitConvolution } from './convolution';
import { emitDilated } from './dilated';

type Conv1d = LayerOf<'conv1d'>;

const strided = ({ stride = 1 }: Conv1d) => stride > 1;

/** Rows from the first tap of a window to its last. */
const reach = ({ kernel, dilation = 1 }: Conv1d) => (kernel - 1) * dilation;

/**
 * Rows of zeros before the input and after it at stride 1: all of the padding of a causal convolution comes first, and
 * of Keras' `same` the smaller half. They lie with the input, so that the convolution is one product of overlapping rows.
 */
function rowsAround(spec: Conv1d): Halo {
  if (spec.padding === 'valid' || strided(spec)) return noHalo;
  const before = spec.padding === 'causal' ? reach(spec) : reach(spec) >> 1;
  return { before, after: reach(spec) - before };
}

/** The input's gradient is a convolution with the flipped kernel; what was not padded before is padded now. */
function gradientRowsAround(spec: Conv1d): Halo {
  if (strided(spec)) return noHalo;
  const { before, after } = rowsAround(spec);
  return { before: reach(spec) - before, after: reach(spec) - after };
}

const times = ({ before, after }: Halo, width: number): Halo => ({
  before: before * width,
  after: after * width,
});

/** `[length, channels] -> [length', filters]`. */
export const conv1d: LayerModule<Conv1d> = {
  inPlace: false,
  rounded: true,
  halo: (spec, channels) => times(rowsAround(spec), channels),
  gradientHalo: (spec) => times(gradientRowsAround(spec), spec.filters),
  compile(site) {
    const { spec, inputShape, outputShape } = site;
    if (strided(spec)) return emitConvolution(site, waysOf(spec, inputShape, outputShape), spec.filters);
    const shape = {
      rows: outputShape[0]!,
      positions: spec.kernel,
      channels: inputShape[1]!,
      outputs: spec.filters,
      before: rowsAround(spec).before,
      gradientBefore: gradientRowsAround(spec).before,
    };
    const { dilation = 1 } = spec;
    return dilation > 1 ? emitDilated(site, { ...shape, dilation }) : emitAffine(site, shape);
  },
};
