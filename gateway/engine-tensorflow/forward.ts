import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import type { LayerSpec, ModelSpec, ParameterRole } from '../model';
import { bothWays } from '../model';
import type { TensorFlow } from './tensorflow';

/** The tensors of one layer. */
export type LayerTensors = Partial<Record<ParameterRole, Tensor>>;
/** What a dropout multiplies with, given the shape with the batch in front. Undefined while predicting. */
export type DropoutMask = (rate: number, shape: readonly number[]) => Float32Array;

/**
 * The model as TensorFlow operations.
 * @param x `[batch, ...model.input]`
 * @param layers the tensors of each layer
 * @returns what the last layer gives, `[batch, ...]`, before softmax or sigmoid
 */
export function forward(
  tf: TensorFlow,
  model: ModelSpec,
  x: Tensor,
  layers: readonly LayerTensors[],
  mask?: DropoutMask,
): Tensor {
  const outputs: Tensor[] = [];
  let value = x;
  model.layers.forEach((spec, index) => {
    const second = model.seconds[index];
    if (spec.type === 'add') value = tf.add(value, second === undefined || second < 0 ? x : outputs[second]!);
    else if (spec.type === 'dropout') value = dropped(tf, value, spec.rate, mask);
    else value = apply(tf, spec, value, layers[index] ?? {});
    outputs.push(value);
  });
  return value;
}

type Plain = Exclude<LayerSpec, { type: 'add' | 'dropout' }>;

function apply(tf: TensorFlow, spec: Plain, x: Tensor, tensors: LayerTensors): Tensor {
  const batch = x.shape[0]!;
  switch (spec.type) {
    case 'dense':
      return withBias(tf, tf.matMul(x as Tensor2D, tensors.kernel as Tensor2D), tensors);
    case 'conv1d': {
      const [kernel, stride] = [tensors.kernel as Tensor3D, spec.stride ?? 1];
      return withBias(tf, tf.conv1d(x as Tensor3D, kernel, stride, spec.padding), tensors);
    }
    case 'conv2d': {
      const [kernel, strides] = [tensors.kernel as Tensor4D, [...bothWays(spec.stride)] as [number, number]];
      return withBias(tf, tf.conv2d(x as Tensor4D, kernel, strides, spec.padding), tensors);
    }
    case 'depthwiseconv1d': {
      const kernel = tf.expandDims(tensors.kernel!, 1) as Tensor4D;
      const { stride = 1 } = spec;
      const y = tf.depthwiseConv2d(picture(tf, x), kernel, [stride, stride], spec.padding);
      return withBias(tf, tf.squeeze(y, [2]), tensors);
    }
    case 'depthwiseconv2d': {
      const strides = [...bothWays(spec.stride)] as [number, number];
      const y = tf.depthwiseConv2d(x as Tensor4D, tensors.kernel as Tensor4D, strides, spec.padding);
      return withBias(tf, y, tensors);
    }
    case 'gru':
      return gru(tf, x as Tensor3D, spec.units, spec.sequences ?? false, tensors);
    case 'batchnorm': {
      const { gamma, beta, mean, variance } = tensors as Record<ParameterRole, Tensor>;
      const scale = tf.div(gamma, tf.sqrt(tf.add(variance, spec.epsilon)));
      return tf.add(tf.mul(tf.sub(x, mean), scale), beta);
    }
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'tanh':
      return tf.tanh(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'maxpool1d':
      return tf.squeeze(tf.maxPool(picture(tf, x), [spec.size, 1], [spec.size, 1], 'valid'), [2]);
    case 'averagepool1d':
      return tf.squeeze(tf.avgPool(picture(tf, x), [spec.size, 1], [spec.size, 1], 'valid'), [2]);
    case 'maxpool2d': {
      const size = [...bothWays(spec.size)] as [number, number];
      return tf.maxPool(x as Tensor4D, size, size, 'valid');
    }
    case 'averagepool2d': {
      const size = [...bothWays(spec.size)] as [number, number];
      return tf.avgPool(x as Tensor4D, size, size, 'valid');
    }
    case 'globalaveragepool1d':
      return tf.mean(x, 1);
    case 'globalaveragepool2d':
      return tf.mean(x, [1, 2]);
    case 'upsampling1d': {
      const [, length = 1, channels = 1] = x.shape;
      return tf.reshape(tf.tile(tf.expandDims(x, 2), [1, 1, spec.size, 1]), [
        batch,
        length * spec.size,
        channels,
      ]);
    }
    case 'flatten':
      return tf.reshape(x, [batch, -1]);
    case 'reshape':
      return tf.reshape(x, [batch, ...spec.shape]);
  }
}

const picture = (tf: TensorFlow, x: Tensor) => tf.expandDims(x, 2) as Tensor4D;

const withBias = (tf: TensorFlow, x: Tensor, { bias }: LayerTensors): Tensor => (bias ? tf.add(x, bias) : x);

function dropped(tf: TensorFlow, x: Tensor, rate: number, mask: DropoutMask | undefined): Tensor {
  return mask && rate > 0 ? tf.mul(x, tf.tensor(mask(rate, x.shape), x.shape)) : x;
}

/** Cho 2014 as Keras computes it by default: the reset gate after the product with the state (`reset_after`). */
function gru(tf: TensorFlow, x: Tensor3D, units: number, sequences: boolean, tensors: LayerTensors): Tensor {
  const [batch = 1, length = 1] = x.shape;
  const { kernel, recurrent, bias } = tensors as Record<ParameterRole, Tensor>;
  const [inputBias, stateBias] = tf.unstack(bias, 0) as [Tensor, Tensor];
  const states: Tensor[] = [];
  let state: Tensor = tf.zeros([batch, units]);
  for (let t = 0; t < length; t++) {
    const row = tf.squeeze(tf.slice(x, [0, t, 0], [batch, 1, x.shape[2]]), [1]) as Tensor2D;
    const [xz, xr, xh] = tf.split(tf.add(tf.matMul(row, kernel as Tensor2D), inputBias), 3, 1) as Three;
    const inner = tf.add(tf.matMul(state as Tensor2D, recurrent as Tensor2D), stateBias);
    const [hz, hr, hh] = tf.split(inner, 3, 1) as Three;
    const update = tf.sigmoid(tf.add(xz, hz));
    const candidate = tf.tanh(tf.add(xh, tf.mul(tf.sigmoid(tf.add(xr, hr)), hh)));
    state = tf.add(tf.mul(update, state), tf.mul(tf.sub(1, update), candidate));
    states.push(state);
  }
  return sequences ? tf.stack(states, 1) : state;
}

type Three = [Tensor, Tensor, Tensor];
