import type * as tf from '@tensorflow/tfjs';
import type { Kernels } from '../../../../gateway/engine/kernels/kernels';
import type { LayerOf } from '../../../../gateway/model';
import { A, B, C, D, type KernelCase } from './kernel-case';
import { type LayerCase, mean, type Values } from './layer-case';

export const normalisation = {
  batchnorm: {
    shapes: [['a normalisation', [6, 4], {}, [6, 4]]],
    reference({ epsilon }, x, { from, tensors }) {
      const [gamma, beta, mean, variance] = tensors as [Values, Values, Values, Values];
      const channels = from.at(-1)!;
      return x.map((value, i) => {
        const c = i % channels;
        return (gamma[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + Math.fround(epsilon)) + beta[c]!;
      });
    },
    tensorFlow(tf, { epsilon }, x, { tensors }) {
      const [gamma, beta, mean, variance] = tensors as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
      return tf.batchNorm(x, mean, variance, beta, gamma, epsilon);
    },
    draw: ({ pick }) => ({ epsilon: pick([0.001, 1e-5]) }),
  } satisfies LayerCase<LayerOf<'batchnorm'>>,

  layernorm: {
    shapes: [
      ['a normalisation of rows', [6, 4], {}, [6, 4]],
      ['a normalisation of features', [5], { epsilon: 1e-5 }, [5]],
    ],
    reference({ epsilon }, x, { from, tensors }) {
      const [gamma, beta] = tensors as [Values, Values];
      const channels = from.at(-1)!;
      return x.map((value, i) => {
        const c = i % channels;
        const row = [...x.subarray(i - c, i - c + channels)];
        const centre = mean(row);
        const variance = mean(row.map((each) => (each - centre) ** 2));
        return (gamma[c]! * (value - centre)) / Math.sqrt(variance + Math.fround(epsilon)) + beta[c]!;
      });
    },
    tensorFlow(tf, { epsilon }, x, { tensors }) {
      const [gamma, beta] = tensors as [tf.Tensor1D, tf.Tensor1D];
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.add(tf.mul(gamma, tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)))), beta);
    },
    // Of one channel nothing is left.
    draw: ({ shape, pick }) => (shape.at(-1)! > 1 ? { epsilon: pick([0.001, 1e-5]) } : undefined),
  } satisfies LayerCase<LayerOf<'layernorm'>>,

  groupnorm: {
    shapes: [
      ['a normalisation of groups', [6, 4], { groups: 2 }, [6, 4]],
      ['a normalisation of groups of features', [6], { groups: 3, epsilon: 1e-5 }, [6]],
      ['a normalisation of a picture as one group', [3, 2, 4], { groups: 1 }, [3, 2, 4]],
    ],
    reference({ epsilon, groups }, x, { from, tensors }) {
      const [gamma, beta] = tensors as [Values, Values];
      const channels = from.at(-1)!;
      const groupOf = (i: number) => Math.floor((i % channels) / (channels / groups));
      return x.map((value, i) => {
        const group = [...x].filter((_, k) => groupOf(k) === groupOf(i));
        const centre = mean(group);
        const variance = mean(group.map((each) => (each - centre) ** 2));
        const scale = gamma[i % channels]! / Math.sqrt(variance + Math.fround(epsilon));
        return scale * (value - centre) + beta[i % channels]!;
      });
    },
    tensorFlow(tf, { epsilon, groups }, x, { tensors }) {
      const [gamma, beta] = tensors as [tf.Tensor1D, tf.Tensor1D];
      // TensorFlow.js has no gradient of a split into one.
      const split = groups === 1 ? [x] : tf.split(x, groups, -1);
      const parts = split.map((part) => {
        const { mean, variance } = tf.moments(
          part,
          part.shape.map((_, axis) => axis).filter((axis) => axis > 0),
          true,
        );
        return tf.div(tf.sub(part, mean), tf.sqrt(tf.add(variance, epsilon)));
      });
      return tf.add(tf.mul(gamma, tf.concat(parts, -1)), beta);
    },
    draw({ shape, pick }) {
      const channels = shape.at(-1)!;
      const values = shape.reduce((product, length) => product * length, 1);
      // Of one value nothing is left.
      const fitting = [1, 2, 3, 4].filter((groups) => channels % groups === 0 && values > groups);
      return fitting.length > 0 ? { groups: pick(fitting), epsilon: pick([0.001, 1e-5]) } : undefined;
    },
  } satisfies LayerCase<LayerOf<'groupnorm'>>,
};

/** Kernels of normalisations. */
export const normalisationKernels: readonly KernelCase[] = [3, 8, 13].flatMap((channels): KernelCase[] => {
  const example = 6 * channels + 2;
  // The variance is made of squares, so that it is not negative.
  const squares = (k: Kernels) => {
    k.zero(D, channels);
    k.affineWeights(A, channels, channels, A, 1, 1, D, 1, 1, channels, 1);
    k.relu(D, channels, channels, 1, 0);
  };
  return [
    {
      title: `foldNorm of ${channels} channels`,
      call: (k) => {
        squares(k);
        return void k.foldNorm(A, A + 400, A + 800, D, 0.001, C, channels);
      },
    },
    {
      title: `scaleRows of ${channels} channels`,
      call: (k) => void k.scaleRows(A, example, B, example + 3, 2, 6, channels, C, D),
    },
    {
      title: `scaleRows of ${channels} channels without a shift`,
      call: (k) => void k.scaleRows(A, example, A, example, 2, 6, channels, C, 0),
    },
    {
      title: `normGamma of ${channels} channels`,
      call: (k) => {
        squares(k);
        return void k.normGamma(A, example, B, example + 1, C, D + 400, D, 0.01, 2, 6, channels);
      },
    },
    {
      title: `layerNorm of ${channels} channels`,
      call: (k) => void k.layerNorm(A, example, B, example + 3, C, D, 0.01, 2, 6, channels),
    },
    {
      title: `layerNorm of ${channels} channels in place`,
      call: (k) => void k.layerNorm(A, example, A, example, C, D, 0.01, 2, 6, channels),
    },
    ...[1, channels].flatMap((groups): KernelCase[] => [
      {
        title: `groupNorm of ${channels} channels in ${groups} groups`,
        call: (k) => void k.groupNorm(A, example, B, example + 3, C, D, 0.01, 2, 6, channels, groups),
      },
      ...[D, 0].map(
        (dgamma): KernelCase => ({
          title: `groupNormBack of ${channels} channels in ${groups} groups${dgamma ? ' with gamma' : ''}`,
          call: (k) =>
            void k.groupNormBack(
              ...([
                A,
                example,
                B,
                example + 1,
                C,
                dgamma,
                0.01,
                2,
                6,
                channels,
                groups,
                dgamma ? 1 : 0,
              ] as const),
            ),
        }),
      ),
    ]),
    ...([1, 0] as const).flatMap((through) =>
      [D, 0].map(
        (dgamma): KernelCase => ({
          title: `layerNormBack of ${channels} channels${through ? ' to its input' : ''}${dgamma ? ' with gamma' : ''}`,
          call: (k) =>
            void k.layerNormBack(A, example, B, example + 1, C, dgamma, 0.01, 2, 6, channels, through),
        }),
      ),
    ),
  ];
});
