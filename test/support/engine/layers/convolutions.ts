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
    ],
    reference,
    tensorFlow,
    draw: ofRank(2, ({ size, stride, padding, bias }) => ({
      filters: size,
      kernel: size,
      ...stride,
      padding,
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
  const picture = convolve(x, filter, stride, layer.padding);
  const y = flat ? tf.squeeze(picture, [1]) : picture;
  return bias ? tf.add(y, bias) : y;
}
