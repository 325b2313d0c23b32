import type * as tf from '@tensorflow/tfjs';
import type { Kernels } from '../../../../gateway/engine/kernels/kernels';
import type { LayerOf } from '../../../../gateway/model';
import { A, B, C, D, type KernelCase } from './kernel-case';
import type { LayerCase, Values } from './layer-case';

export const batchnorm: LayerCase<LayerOf<'batchnorm'>> = {
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
  ];
});
