import type * as tf from '@tensorflow/tfjs';
import { bothWays, type LayerOf } from '../../../../gateway/model';
import {
  type LayerCase,
  ofRank,
  type ReferenceSite,
  type TensorFlow,
  type TensorFlowSite,
  type Values,
} from './layer-case';
import { type Convolution, referenceConvolution } from './reference-convolution';

export const convolutions = {
  conv1d: {
    shapes: [
      ['same padding', [9, 2], { filters: 4, kernel: 5 }, [9, 4]],
      ['same padding and a stride', [9, 2], { filters: 4, kernel: 5, stride: 2 }, [5, 4]],
      ['valid padding', [9, 2], { filters: 4, kernel: 5, padding: 'valid' }, [5, 4]],
      ['valid padding and a stride', [9, 2], { filters: 4, kernel: 4, stride: 3, padding: 'valid' }, [2, 4]],
      ['causal padding', [9, 2], { filters: 4, kernel: 4, padding: 'causal' }, [9, 4]],
      [
        'causal padding and a stride',
        [9, 2],
        { filters: 4, kernel: 4, stride: 2, padding: 'causal' },
        [5, 4],
      ],
      ['a dilation', [9, 2], { filters: 4, kernel: 3, dilation: 3, padding: 'valid' }, [3, 4]],
      ['a dilation and same padding', [9, 2], { filters: 4, kernel: 3, dilation: 4 }, [9, 4]],
    ],
    reference,
    tensorFlow: (tf, spec, x, site) =>
      spec.padding === 'causal' || (spec.dilation ?? 1) > 1
        ? tensorFlowTaps(tf, spec, x as tf.Tensor3D, site)
        : tensorFlow(tf, spec, x, site),
    draw: ofRank(2, ({ size, stride, padding, bias, pick }) => ({
      filters: size,
      kernel: size,
      ...stride,
      ...(stride.stride ? {} : pick([{}, { dilation: 2 }])),
      // A causal kernel of one is any other.
      padding: size > 1 ? pick([padding, 'causal' as const]) : padding,
      ...bias,
    })),
  } satisfies LayerCase<LayerOf<'conv1d'>>,

  conv2d: {
    shapes: [['pictures', [6, 7, 3], { filters: 5, kernel: [3, 2], stride: [2, 3] }, [3, 3, 5]]],
    reference,
    tensorFlow,
    draw: ofRank(3, ({ size, sizes, stride, padding, bias }) => ({
      filters: size,
      kernel: sizes,
      ...stride,
      padding,
      ...bias,
    })),
  } satisfies LayerCase<LayerOf<'conv2d'>>,

  depthwiseconv1d: {
    shapes: [['single channels of rows', [6, 3], { kernel: 3, stride: 2 }, [3, 3]]],
    reference,
    tensorFlow,
    draw: ofRank(2, ({ size, stride, padding, bias }) => ({ kernel: size, ...stride, padding, ...bias })),
  } satisfies LayerCase<LayerOf<'depthwiseconv1d'>>,

  depthwiseconv2d: {
    shapes: [['single channels of pictures', [6, 7, 3], { kernel: 3, padding: 'valid' }, [4, 5, 3]]],
    reference,
    tensorFlow,
    draw: ofRank(3, ({ sizes, stride, padding, bias }) => ({ kernel: sizes, ...stride, padding, ...bias })),
  } satisfies LayerCase<LayerOf<'depthwiseconv2d'>>,
};

/** Without causal padding, and without gradients of dilated convolutions, TensorFlow.js needs the sum over the taps. */
function tensorFlowTaps(
  tf: TensorFlow,
  { kernel: taps, stride = 1, dilation = 1, padding }: LayerOf<'conv1d'>,
  x: tf.Tensor3D,
  { tensors: [kernel, bias] }: TensorFlowSite,
): tf.Tensor {
  const reach = (taps - 1) * dilation;
  const before = { causal: reach, same: Math.floor(reach / 2), valid: 0 }[padding];
  const all = tf.pad(x, [
    [0, 0],
    [before, padding === 'same' ? reach - before : 0],
    [0, 0],
  ]);
  const rows = Math.floor((all.shape[1]! - reach - 1) / stride) + 1;
  const [, channels = 1, filters = 1] = kernel!.shape;
  const products = Array.from({ length: taps }, (_, k) => {
    const tap = tf.reshape(tf.slice(kernel!, [k, 0, 0], [1, channels, filters]), [channels, filters]);
    const places = Array.from({ length: rows }, (_, row) => row * stride + k * dilation);
    const seen = tf.gather(all, tf.tensor1d(places, 'int32'), 1);
    const flat = tf.reshape(seen, [x.shape[0] * rows, channels]) as tf.Tensor2D;
    return tf.reshape(tf.matMul(flat, tap as tf.Tensor2D), [x.shape[0], rows, filters]);
  });
  const y = tf.addN(products);
  return bias ? tf.add(y, bias) : y;
}

function reference(spec: Convolution, x: Values, { from, to, tensors }: ReferenceSite): Values {
  return referenceConvolution(spec, x, from, to, tensors[0]!, tensors[1]);
}

/** Rows go as pictures of one line. */
function tensorFlow(
  tf: TensorFlow,
  layer: Convolution,
  value: tf.Tensor,
  { tensors: [kernel, bias] }: TensorFlowSite,
): tf.Tensor {
  const flat = value.rank === 3;
  const x = (flat ? tf.expandDims(value, 1) : value) as tf.Tensor4D;
  const filter = (flat ? tf.expandDims(kernel!, 0) : kernel) as tf.Tensor4D;
  const [down, across] = bothWays(layer.stride);
  const stride: [number, number] = [flat ? 1 : down, across];
  const convolve = layer.type.startsWith('depthwise') ? tf.depthwiseConv2d : tf.conv2d;
  const picture = convolve(x, filter, stride, layer.padding as 'same' | 'valid');
  const y = flat ? tf.squeeze(picture, [1]) : picture;
  return bias ? tf.add(y, bias) : y;
}
