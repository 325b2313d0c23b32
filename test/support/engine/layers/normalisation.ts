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
