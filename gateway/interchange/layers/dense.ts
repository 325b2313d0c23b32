import type { LayerOf } from '../../model';
import type { WeightSources } from './draft';
import { readActivation } from './elementwise';
import { biasOf, type KerasLayer, writtenWeights } from './keras-layer';

export const dense: KerasLayer<LayerOf<'dense'>> = {
  readers: {
    Dense(draft, config, place) {
      const units = config.whole('units');
      const rest = biasOf(config);
      const weights: WeightSources = { kernel: ['kernel'], bias: ['bias'] };
      const rank = draft.shape?.length;
      // Over more than features, Keras goes over the last axis: a convolution with a kernel of one.
      if (rank === 2)
        draft.add({ type: 'conv1d', filters: units, kernel: 1, padding: 'same', ...rest }, weights);
      else if (rank === 3)
        draft.add({ type: 'conv2d', filters: units, kernel: 1, padding: 'same', ...rest }, weights);
      else draft.add({ type: 'dense', units, ...rest }, weights);
      readActivation(draft, config, place);
    },
  },
  write: ({ units, bias = true }, { tensors }) => [
    {
      className: 'Dense',
      config: { units, activation: 'linear', use_bias: bias },
      weights: writtenWeights(tensors),
    },
  ],
};
