import { readSoftmaxLayer } from './elementwise';
import type { Reader } from './keras-layer';

/** Passes a layer over that does nothing but in training. */
const inTrainingOnly: Reader = (_, config) =>
  config.remark('does something in training only, and is left out');

/** Readers of the classes of Keras that become no layer of ours. */
export const passing = {
  Softmax: readSoftmaxLayer,
  SpatialDropout1D: inTrainingOnly,
  SpatialDropout2D: inTrainingOnly,
  GaussianNoise: inTrainingOnly,
  GaussianDropout: inTrainingOnly,
  AlphaDropout: inTrainingOnly,
  ActivityRegularization: inTrainingOnly,
} satisfies Readonly<Record<string, Reader>>;
