import type { LayerOf } from '../../../../gateway/model';
import { A, B, D, type KernelCase } from './kernel-case';
import type { LayerCase } from './layer-case';

export const elementwise = {
  relu: {
    shapes: [['a rectifier', [6, 4], {}, [6, 4]]],
    reference: (_, x) => x.map((value) => Math.max(0, value)),
    tensorFlow: (tf, _, x) => tf.relu(x),
    draw: () => ({}),
  } satisfies LayerCase<LayerOf<'relu'>>,

  relu6: {
    shapes: [['a rectifier up to six', [5], {}, [5]]],
    reference: (_, x) => x.map((value) => Math.min(6, Math.max(0, value))),
    tensorFlow: (tf, _, x) => tf.clipByValue(x, 0, 6),
    draw: () => ({}),
  } satisfies LayerCase<LayerOf<'relu6'>>,

  leakyrelu: {
    shapes: [['a rectifier that leaks', [6, 4], {}, [6, 4]]],
    reference: ({ slope }, x) => x.map((value) => (value > 0 ? value : slope * value)),
    tensorFlow: (tf, { slope }, x) => tf.leakyRelu(x, slope),
    draw: ({ pick }) => ({ slope: pick([0.25, 0.01]) }),
  } satisfies LayerCase<LayerOf<'leakyrelu'>>,

  elu: {
    shapes: [['a rectifier with a curve', [6, 4], {}, [6, 4]]],
    reference: ({ alpha }, x) => x.map((value) => (value > 0 ? value : alpha * Math.expm1(value))),
    tensorFlow: (tf, { alpha }, x) => tf.add(tf.relu(x), tf.mul(alpha, tf.expm1(tf.minimum(x, 0)))),
    // TensorFlow.js has no other.
    draw: () => ({ alpha: 1 }),
  } satisfies LayerCase<LayerOf<'elu'>>,

  tanh: {
    shapes: [['an activation', [6, 4], {}, [6, 4]]],
    reference: (_, x) => x.map(Math.tanh),
    tensorFlow: (tf, _, x) => tf.tanh(x),
    draw: () => ({}),
  } satisfies LayerCase<LayerOf<'tanh'>>,

  sigmoid: {
    shapes: [['an activation of pictures', [2, 3, 4], {}, [2, 3, 4]]],
    reference: (_, x) => x.map((value) => 1 / (1 + Math.exp(-value))),
    tensorFlow: (tf, _, x) => tf.sigmoid(x),
    draw: () => ({}),
  } satisfies LayerCase<LayerOf<'sigmoid'>>,

  dropout: {
    shapes: [['dropped values', [6, 4], { rate: 0.5 }, [6, 4]]],
    reference: (_, x) => x, // as in an evaluation
    tensorFlow: (_, __, x) => x,
    draw: () => ({ rate: 0.25 }),
  } satisfies LayerCase<LayerOf<'dropout'>>,
};

/** Kernels of elementwise layers, in place and from place to place, at sizes that fill vectors and that do not. */
export const elementwiseKernels: readonly KernelCase[] = [5, 8, 37].flatMap((size): KernelCase[] => {
  const [a, b] = [size + 3, size + 1];
  return [
    {
      title: `relu of ${size} values`,
      call: (k) => void k.relu(A, a, size, 3, D),
      bits: { at: D, bytes: 3 * Math.ceil(size / 8) },
    },
    { title: `relu of ${size} values without a mask`, call: (k) => void k.relu(A, a, size, 3, 0) },
    { title: `reluBack of ${size} values`, call: (k) => void k.reluBack(A, a, size, 3, D) },
    { title: `copyRows of ${size}`, call: (k) => void k.copyRows(A, a, B, b, size, 3) },
    { title: `addRows of ${size}`, call: (k) => void k.addRows(A, a, B, b, size, 3) },
    { title: `addRows of ${size} to themselves`, call: (k) => void k.addRows(A, a, A, a, size, 3) },
    {
      title: `relu6 of ${size}`,
      // Scaled, so that some are above six.
      call: (k) => {
        k.addRows(A, a, A, a, size, 3);
        k.addRows(A, a, A, a, size, 3);
        k.addRows(A, a, A, a, size, 3);
        return void k.relu6(A, a, size, 3, D);
      },
      bits: { at: D, bytes: 3 * Math.ceil(size / 8) },
    },
    { title: `relu6 of ${size} without a mask`, call: (k) => void k.relu6(A, a, size, 3, 0) },
    {
      title: `leakyRelu of ${size}`,
      call: (k) => void k.leakyRelu(A, a, size, 3, D, 0.3),
      bits: { at: D, bytes: 3 * Math.ceil(size / 8) },
    },
    { title: `leakyRelu of ${size} without a mask`, call: (k) => void k.leakyRelu(A, a, size, 3, 0, 0.3) },
    { title: `leakyReluBack of ${size}`, call: (k) => void k.leakyReluBack(A, a, size, 3, D, 0.3) },
    { title: `elu of ${size}`, call: (k) => void k.elu(A, a, size, 3, 1.5) },
    { title: `eluBack of ${size}`, call: (k) => void k.eluBack(A, a, B, b, size, 3, 1.5) },
    { title: `tanh of ${size}`, call: (k) => void k.tanh(A, a, size, 3) },
    { title: `tanhBack of ${size}`, call: (k) => void k.tanhBack(A, a, B, b, size, 3) },
    { title: `sigmoid of ${size}`, call: (k) => void k.sigmoid(A, a, size, 3) },
    { title: `sigmoidBack of ${size}`, call: (k) => void k.sigmoidBack(A, a, B, b, size, 3) },
    { title: `dropout of ${size}`, call: (k) => void k.dropout(A, a, size, 3, -77, 5, 2 ** 31, 2) },
    { title: `dropout of nothing of ${size}`, call: (k) => void k.dropout(A, a, size, 3, 12, 0, 0, 1) },
  ];
});
