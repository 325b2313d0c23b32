import {
  bothWays,
  type LayerOf,
  type LayerSpec,
  type ParameterRole,
  type ParameterTensor,
  type Shape,
} from '../../model';
import type { JsonObject } from '../format/json';

/** A layer as TensorFlow.js and Keras 2 write it. */
export interface WrittenLayer {
  readonly className: string;
  /** Added to the layer's name, where one of ours becomes several. */
  readonly suffix?: string;
  readonly config: JsonObject;
  /** The layer's tensors that this one holds, by the last part of their names. */
  readonly weights?: Partial<Record<ParameterRole, WrittenWeight>>;
}

export interface WrittenWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

const channelsLast = { data_format: 'channels_last' };
const convolution = { ...channelsLast, activation: 'linear' };
const kernelsOf = (tensors: readonly ParameterTensor[], kernel = 'kernel') => {
  const names: Partial<Record<ParameterRole, string>> = {
    kernel,
    recurrent: 'recurrent_kernel',
    mean: 'moving_mean',
    variance: 'moving_variance',
  };
  return Object.fromEntries(
    tensors.map(({ role, shape }): [ParameterRole, WrittenWeight] => [
      role,
      { name: names[role] ?? role, shape },
    ]),
  );
};
const reshape = (shape: Shape, suffix?: string): WrittenLayer => ({
  className: 'Reshape',
  ...(suffix ? { suffix } : {}),
  config: { target_shape: shape },
});
const activation = (name: string): WrittenLayer => ({
  className: 'Activation',
  config: { activation: name },
});

/**
 * One of our layers as saved layers. TensorFlow.js has no DepthwiseConv1D and no UpSampling1D: they are written as
 * their two-dimensional kin over a picture one wide, which the import takes back.
 * @param before shape of its input
 * @param after shape of its output
 */
export function writeLayer(
  spec: LayerSpec,
  before: Shape,
  after: Shape,
  tensors: readonly ParameterTensor[],
): WrittenLayer[] {
  const weights = kernelsOf(tensors);
  switch (spec.type) {
    case 'dense':
      return [
        {
          className: 'Dense',
          config: { units: spec.units, activation: 'linear', use_bias: spec.bias ?? true },
          weights,
        },
      ];
    case 'conv1d':
      return [
        {
          className: 'Conv1D',
          config: {
            filters: spec.filters,
            kernel_size: [spec.kernel],
            strides: [spec.stride ?? 1],
            padding: spec.padding,
            dilation_rate: [1],
            use_bias: spec.bias ?? true,
            ...convolution,
          },
          weights,
        },
      ];
    case 'conv2d':
      return [{ className: 'Conv2D', config: { filters: spec.filters, ...picture(spec) }, weights }];
    case 'depthwiseconv2d':
      return [
        {
          className: 'DepthwiseConv2D',
          config: { depth_multiplier: 1, ...picture(spec) },
          weights: kernelsOf(tensors, 'depthwise_kernel'),
        },
      ];
    case 'depthwiseconv1d':
      return depthwise1d(spec, before, after, tensors);
    case 'gru':
      return [
        {
          className: 'GRU',
          config: {
            units: spec.units,
            activation: 'tanh',
            recurrent_activation: 'sigmoid',
            use_bias: true,
            reset_after: true,
            return_sequences: spec.sequences ?? false,
            return_state: false,
            go_backwards: false,
            stateful: false,
            unroll: false,
            dropout: 0,
            recurrent_dropout: 0,
          },
          weights,
        },
      ];
    case 'batchnorm':
      return [
        {
          className: 'BatchNormalization',
          config: { axis: -1, momentum: 0.99, epsilon: spec.epsilon, center: true, scale: true },
          weights,
        },
      ];
    case 'relu':
    case 'relu6':
    case 'tanh':
    case 'sigmoid':
      return [activation(spec.type)];
    case 'dropout':
      return [{ className: 'Dropout', config: { rate: spec.rate } }];
    case 'add':
      return [{ className: 'Add', config: {} }];
    case 'maxpool1d':
      return [{ className: 'MaxPooling1D', config: pooling([spec.size]) }];
    case 'averagepool1d':
      return [{ className: 'AveragePooling1D', config: pooling([spec.size]) }];
    case 'maxpool2d':
      return [{ className: 'MaxPooling2D', config: pooling(bothWays(spec.size)) }];
    case 'averagepool2d':
      return [{ className: 'AveragePooling2D', config: pooling(bothWays(spec.size)) }];
    case 'globalaveragepool1d':
      return [{ className: 'GlobalAveragePooling1D', config: channelsLast }];
    case 'globalaveragepool2d':
      return [{ className: 'GlobalAveragePooling2D', config: channelsLast }];
    case 'upsampling1d':
      return [
        reshape([before[0]!, 1, before[1]!], '_as_picture'),
        {
          className: 'UpSampling2D',
          config: { size: [spec.size, 1], ...channelsLast, interpolation: 'nearest' },
        },
        reshape(after, '_as_rows'),
      ];
    case 'flatten':
      // Flatten of TensorFlow.js refuses what is flat.
      return before.length > 1 ? [{ className: 'Flatten', config: channelsLast }] : [activation('linear')];
    case 'reshape':
      return [reshape(spec.shape)];
  }
}

function depthwise1d(
  spec: LayerOf<'depthwiseconv1d'>,
  before: Shape,
  after: Shape,
  tensors: readonly ParameterTensor[],
): WrittenLayer[] {
  const { kernel: size, stride = 1 } = spec;
  const { kernel, bias } = kernelsOf(tensors, 'depthwise_kernel');
  const shape = kernel ? [size, 1, ...kernel.shape.slice(1)] : [];
  const config = picture({ ...spec, kernel: [size, 1], stride: [stride, stride] });
  return [
    reshape([before[0]!, 1, before[1]!], '_as_picture'),
    {
      className: 'DepthwiseConv2D',
      config: { depth_multiplier: 1, ...config },
      weights: { ...(kernel ? { kernel: { ...kernel, shape } } : {}), ...(bias ? { bias } : {}) },
    },
    reshape(after, '_as_rows'),
  ];
}

type Pair = number | readonly [number, number];

function picture(spec: {
  readonly kernel: Pair;
  readonly stride?: Pair | undefined;
  readonly padding: string;
  readonly bias?: boolean | undefined;
}): JsonObject {
  return {
    kernel_size: bothWays(spec.kernel),
    strides: bothWays(spec.stride),
    padding: spec.padding,
    dilation_rate: [1, 1],
    use_bias: spec.bias ?? true,
    ...convolution,
  };
}

const pooling = (size: readonly number[]): JsonObject => ({
  pool_size: size,
  strides: size,
  padding: 'valid',
  ...channelsLast,
});
