import { readSoftmax } from './elementwise';
import type { Reader } from './keras-layer';

/** Passes a layer over that does nothing but in training. */
const inTrainingOnly: Reader = (_, config) =>
  config.remark('does something in training only, and is left out');

/** Readers of the classes of Keras that become no layer of ours. */
export const passing = {
  Softmax(draft, config, place) {
    config.wants({ axis: [-1, draft.shape?.length ?? -1] });
    readSoftmax(config, place);
  },
  SpatialDropout1D: inTrainingOnly,
  SpatialDropout2D: inTrainingOnly,
  GaussianNoise: inTrainingOnly,
  GaussianDropout: inTrainingOnly,
  AlphaDropout: inTrainingOnly,
  ActivityRegularization: inTrainingOnly,
} satisfies Readonly<Record<string, Reader>>;
