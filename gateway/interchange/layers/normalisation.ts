import type { LayerOf } from '../../model';
import { type KerasLayer, writtenWeights } from './keras-layer';

export const batchnorm: KerasLayer<LayerOf<'batchnorm'>> = {
  readers: {
    BatchNormalization(draft, config) {
      config.wants({ axis: [-1, draft.shape?.length ?? -1] });
      draft.add(
        { type: 'batchnorm', epsilon: config.number('epsilon', 0.001) },
        {
          gamma: config.flag('scale', true) ? ['gamma'] : 1,
          beta: config.flag('center', true) ? ['beta'] : 0,
          mean: ['moving_mean'],
          variance: ['moving_variance'],
        },
      );
    },
  },
  write: ({ epsilon }, { tensors }) => [
    {
      className: 'BatchNormalization',
      config: { axis: -1, momentum: 0.99, epsilon, center: true, scale: true },
      weights: writtenWeights(tensors),
    },
  ],
};
