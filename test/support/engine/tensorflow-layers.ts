import * as tf from '@tensorflow/tfjs';
import { bothWays, type LayerSpec } from '../../../gateway/model';

/**
 * A layer without a convolution in TensorFlow.js operations.
 * @param tensors the layer's parameters, kernel first
 * @param second the other input of an `add`
 */
export function tensorFlowLayer(
  layer: LayerSpec,
  value: tf.Tensor,
  tensors: readonly tf.Tensor[],
  second: tf.Tensor | undefined,
): tf.Tensor {
  switch (layer.type) {
    case 'relu6':
      return tf.clipByValue(value, 0, 6);
    case 'tanh':
      return tf.tanh(value);
    case 'sigmoid':
      return tf.sigmoid(value);
    case 'dropout':
      return value; // as in an evaluation
    case 'add':
      return tf.add(value, second!);
    case 'batchnorm': {
      const [gamma, beta, mean, variance] = tensors as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
      return tf.batchNorm(value, mean, variance, beta, gamma, layer.epsilon);
    }
    case 'upsampling1d':
      return tf.concat(
        tf.split(value, value.shape[1]!, 1).flatMap((row) => Array<tf.Tensor>(layer.size).fill(row)),
        1,
      );
    case 'globalaveragepool2d':
      return tf.mean(value, [1, 2]);
    case 'averagepool1d': {
      const size: [number, number] = [layer.size, 1];
      return tf.squeeze(tf.avgPool(tf.expandDims(value, 2) as tf.Tensor4D, size, size, 'valid'), [2]);
    }
    case 'averagepool2d':
    case 'maxpool2d': {
      const size = bothWays(layer.size) as [number, number];
      const pool = layer.type === 'maxpool2d' ? tf.maxPool : tf.avgPool;
      return pool(value as tf.Tensor4D, size, size, 'valid');
    }
    case 'gru':
      return recurrent(value, layer.units, layer.sequences === true, tensors);
    default:
      throw new Error(`the TensorFlow.js reference has no layer "${layer.type}"`);
  }
}

/** TensorFlow.js has no layer for a GRU whose reset comes after the product: written in operations. */
function recurrent(
  value: tf.Tensor,
  units: number,
  sequences: boolean,
  tensors: readonly tf.Tensor[],
): tf.Tensor {
  const [kernel, weights, bias] = tensors as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const [ofInput, ofState] = tf.unstack(bias) as [tf.Tensor, tf.Tensor];
  const rows = tf.unstack(value, 1) as tf.Tensor2D[];
  let state = tf.zeros([value.shape[0]!, units]) as tf.Tensor2D;
  const states = rows.map((row) => {
    const split = (product: tf.Tensor) => tf.split(product, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [az, ar, ac] = split(tf.add(tf.matMul(row, kernel), ofInput));
    const [uz, ur, uc] = split(tf.add(tf.matMul(state, weights), ofState));
    const z = tf.sigmoid(tf.add(az, uz));
    const candidate = tf.tanh(tf.add(ac, tf.mul(tf.sigmoid(tf.add(ar, ur)), uc)));
    state = tf.add(tf.mul(z, state), tf.mul(tf.sub(1, z), candidate));
    return state;
  });
  return sequences ? tf.stack(states, 1) : state;
}
