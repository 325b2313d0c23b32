import type { LayerOf } from '../../model';
import { type KerasLayer, writtenWeights } from './keras-layer';

/** Next to nothing beside a variance. */
const exact = 1e-12;

export const normalisation = {
  batchnorm: {
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
      // Of values over the last axis with their statistics, or of constants: a normalisation without scale and shift.
      Normalization(draft, config) {
        config.wants({ axis: [-1, draft.shape?.length ?? -1], invert: [false] });
        const given = ['mean', 'variance'].filter((key) => config.raw(key) !== undefined);
        if (given.length > 0)
          config.problem(`has a ${given.join(' and ')} of its own, supported: adapted ones`);
        draft.add(
          { type: 'batchnorm', epsilon: exact },
          { gamma: 1, beta: 0, mean: ['mean'], variance: ['variance'] },
        );
      },
      Rescaling(draft, config) {
        const [scale, offset] = [config.number('scale', 1), config.number('offset', 0)];
        draft.add(
          { type: 'batchnorm', epsilon: exact },
          { gamma: scale, beta: offset, mean: 0, variance: 1 },
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
  } satisfies KerasLayer<LayerOf<'batchnorm'>>,

  layernorm: {
    readers: {
      LayerNormalization(draft, config) {
        config.wants({ axis: [-1, draft.shape?.length ?? -1], rms_scaling: [false] });
        const axis = config.raw('axis');
        if (Array.isArray(axis) && axis.length > 1) {
          config.problem(`has axis ${JSON.stringify(axis)}, supported: the last axis alone`);
        }
        draft.add(
          { type: 'layernorm', epsilon: config.number('epsilon', 0.001) },
          {
            gamma: config.flag('scale', true) ? ['gamma'] : 1,
            beta: config.flag('center', true) ? ['beta'] : 0,
          },
        );
      },
    },
    write: ({ epsilon }, { tensors }) => [
      {
        className: 'LayerNormalization',
        config: { axis: -1, epsilon, center: true, scale: true },
        weights: writtenWeights(tensors),
      },
    ],
  } satisfies KerasLayer<LayerOf<'layernorm'>>,

  groupnorm: {
    readers: {
      GroupNormalization(draft, config) {
        config.wants({ axis: [-1, draft.shape?.length ?? -1] });
        const groups = config.number('groups', 32);
        draft.add(
          {
            type: 'groupnorm',
            // -1: each channel is a group.
            groups: groups === -1 ? (draft.shape?.at(-1) ?? 1) : groups,
            epsilon: config.number('epsilon', 0.001),
          },
          {
            gamma: config.flag('scale', true) ? ['gamma'] : 1,
            beta: config.flag('center', true) ? ['beta'] : 0,
          },
        );
      },
    },
    write: ({ epsilon, groups }, { tensors }) => [
      {
        className: 'GroupNormalization',
        config: { axis: -1, groups, epsilon, center: true, scale: true },
        weights: writtenWeights(tensors),
      },
    ],
    remark: () =>
      'a normalisation of groups is saved as GroupNormalization of Keras, which TensorFlow.js does not have: it cannot load this file',
  } satisfies KerasLayer<LayerOf<'groupnorm'>>,
};
