import type { LayerSpec } from '../../model';
import { jsonExcerpt } from '../../platform';
import { completed, type Draft, type WeightSources } from './draft';
import type { LayerConfig } from './layer-config';

/** What reads a saved layer into a draft. */
type Reader = (draft: Draft, config: LayerConfig, place: Place) => void;

/** Where in the model a layer stands. */
export interface Place {
  readonly isLast: boolean;
  /** What an Add takes beside the layer before it. */
  readonly sides: readonly string[];
  /** Called where a softmax at the end is left to the loss. */
  readonly onSoftmax: () => void;
}

const kernel = ['kernel'];
const depthwiseKernel = ['depthwise_kernel', 'kernel'];
const biasOf = (config: LayerConfig): { bias?: false } =>
  config.flag('use_bias', true) ? {} : { bias: false };
/** One number where both directions have the same, as people write it. */
const pairOf = ([a = 1, b = 1]: readonly number[]): number | [number, number] => (a === b ? a : [a, b]);

const readers: Readonly<Record<string, Reader>> = {
  Dense: (draft, config, place) => {
    const units = config.whole('units');
    const rest = biasOf(config);
    const weights: WeightSources = { kernel, bias: ['bias'] };
    const rank = draft.shape?.length;
    // Over more than features, Keras goes over the last axis: a convolution with a kernel of one.
    if (rank === 2)
      draft.add({ type: 'conv1d', filters: units, kernel: 1, padding: 'same', ...rest }, weights);
    else if (rank === 3)
      draft.add({ type: 'conv2d', filters: units, kernel: 1, padding: 'same', ...rest }, weights);
    else draft.add({ type: 'dense', units, ...rest }, weights);
    activate(draft, config, place);
  },
  Conv1D: (draft, config, place) => {
    plainConvolution(config);
    draft.add(
      {
        type: 'conv1d',
        filters: config.whole('filters'),
        kernel: config.whole('kernel_size'),
        ...strideOf(config),
        padding: config.padding(),
        ...biasOf(config),
      },
      { kernel, bias: ['bias'] },
    );
    activate(draft, config, place);
  },
  Conv2D: (draft, config, place) => {
    plainConvolution(config);
    draft.add(
      {
        type: 'conv2d',
        filters: config.whole('filters'),
        kernel: pairOf(config.wholes('kernel_size', 2)),
        ...stridesOf(config),
        padding: config.padding(),
        ...biasOf(config),
      },
      { kernel, bias: ['bias'] },
    );
    activate(draft, config, place);
  },
  DepthwiseConv1D: (draft, config, place) => {
    plainConvolution(config);
    depthwise1d(draft, config, true);
    activate(draft, config, place);
  },
  DepthwiseConv2D: (draft, config, place) => {
    plainConvolution(config);
    const [height = 1, width = 1] = config.wholes('kernel_size', 2);
    const [stride = 1] = config.wholes('strides', 2, 1);
    const rest = { ...biasOf(config), padding: config.padding() };
    const weights: WeightSources = { kernel: depthwiseKernel, bias: ['bias'] };
    const flat: LayerSpec = {
      type: 'depthwiseconv1d',
      kernel: height,
      ...(stride > 1 ? { stride } : {}),
      ...rest,
    };
    if (width !== 1 || !draft.addFlat(flat, weights)) depthwise2d(draft, config, true);
    activate(draft, config, place);
  },
  SeparableConv1D: (draft, config, place) => {
    plainConvolution(config);
    depthwise1d(draft, config, false);
    pointwise(draft, config, 'conv1d');
    activate(draft, config, place);
  },
  SeparableConv2D: (draft, config, place) => {
    plainConvolution(config);
    depthwise2d(draft, config, false);
    pointwise(draft, config, 'conv2d');
    activate(draft, config, place);
  },
  GRU: (draft, config) => {
    config.wants({ reset_after: [true], go_backwards: [false], return_state: [false], time_major: [false] });
    // Older files that leave it out mean the other kind.
    if (config.raw('reset_after') === undefined) config.problem('has no reset_after, supported: true');
    const functions = [config.activation(), config.activation('recurrent_activation')];
    if (functions.join() !== 'tanh,sigmoid') {
      config.problem(`has the activations ${functions.join(' and ')}, supported: tanh and sigmoid`);
    }
    draft.add(
      {
        type: 'gru',
        units: config.whole('units'),
        ...(config.flag('return_sequences', false) ? { sequences: true } : {}),
      },
      { kernel, recurrent: ['recurrent_kernel'], bias: config.flag('use_bias', true) ? ['bias'] : 0 },
    );
  },
  BatchNormalization: (draft, config) => {
    const last = draft.shape?.length ?? -1;
    config.wants({ axis: [-1, last] });
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
  Activation: activate,
  ReLU: (draft, config) => {
    config.wants({ max_value: [6], negative_slope: [0], threshold: [0] });
    draft.add({ type: config.raw('max_value') === undefined ? 'relu' : 'relu6' });
  },
  Softmax: (_draft, config, place) => {
    config.wants({ axis: [-1] });
    softmax(config, place);
  },
  Dropout: (draft, config) => {
    const rate = config.number('rate', 0);
    if (config.raw('noise_shape') !== undefined) config.problem('has a noise_shape, supported: none');
    draft.add({ type: 'dropout', rate });
  },
  Add: (draft, _config, { sides }) => {
    for (const side of sides) draft.addOutputOf(side);
  },
  MaxPooling1D: (draft, config) => pool(draft, config, 'maxpool1d'),
  AveragePooling1D: (draft, config) => pool(draft, config, 'averagepool1d'),
  MaxPooling2D: (draft, config) => pool(draft, config, 'maxpool2d'),
  AveragePooling2D: (draft, config) => pool(draft, config, 'averagepool2d'),
  GlobalAveragePooling1D: (draft, config) => globalPool(draft, config, 'globalaveragepool1d'),
  GlobalAveragePooling2D: (draft, config) => globalPool(draft, config, 'globalaveragepool2d'),
  UpSampling1D: (draft, config) => draft.add({ type: 'upsampling1d', size: config.whole('size') }),
  UpSampling2D: (draft, config) => {
    config.wants({ interpolation: ['nearest'], data_format: ['channels_last'] });
    const [size = 1, width = 1] = config.wholes('size', 2);
    const done = width === 1 && draft.addFlat({ type: 'upsampling1d', size });
    if (done || !draft.shape) return;
    config.problem('is supported along the length only, between two Reshape layers');
    draft.unreadable();
  },
  Flatten: (draft) => draft.flatten(),
  Reshape: (draft, config) => {
    const target = config.raw('target_shape');
    if (!Array.isArray(target) || target.length === 0 || !target.every(Number.isInteger)) {
      config.problem(`has target_shape ${jsonExcerpt(target)}, wanted whole numbers`);
      draft.unreadable();
    } else if (draft.shape) draft.reshape(completed(target, draft.shape));
  },
};

/** Classes of Keras that can be read. */
const supportedClasses: readonly string[] = Object.keys(readers);

/** Reads one saved layer into the draft. */
export function readLayer(draft: Draft, config: LayerConfig, place: Place): void {
  draft.layer = config.layer;
  const read = Object.hasOwn(readers, config.layer.className) ? readers[config.layer.className] : undefined;
  if (read) read(draft, config, place);
  else {
    config.problem(`is not supported; supported are ${supportedClasses.join(', ')}`);
    draft.unreadable();
  }
  draft.end(config.layer.name);
}

function activate(draft: Draft, config: LayerConfig, place: Place): void {
  const name = config.activation();
  switch (name) {
    case 'linear':
      return;
    case 'relu':
    case 'relu6':
    case 'tanh':
    case 'sigmoid':
      draft.add({ type: name });
      return;
    case 'softmax':
      softmax(config, place);
      return;
    default:
      config.problem(
        `has the activation ${name}, supported: linear, relu, relu6, tanh, sigmoid, softmax at the end`,
      );
  }
}

function softmax(config: LayerConfig, { isLast, onSoftmax }: Place): void {
  if (isLast) onSoftmax();
  else config.problem('is a softmax within the model, supported: at its end');
}

function plainConvolution(config: LayerConfig): void {
  config.wants({
    data_format: ['channels_last'],
    dilation_rate: [1],
    groups: [1],
    depth_multiplier: [1],
  });
}

function strideOf(config: LayerConfig): { stride?: number } {
  const [stride = 1] = config.wholes('strides', 1, 1);
  return stride > 1 ? { stride } : {};
}

function stridesOf(config: LayerConfig): { stride?: number | [number, number] } {
  const stride = pairOf(config.wholes('strides', 2, 1));
  return stride === 1 ? {} : { stride };
}

/** @param alone false for the first half of a separable convolution, whose bias comes after the second */
function depthwise1d(draft: Draft, config: LayerConfig, alone: boolean): void {
  const size = config.whole('kernel_size');
  const bias = alone ? biasOf(config) : { bias: false as const };
  draft.add(
    { type: 'depthwiseconv1d', kernel: size, ...strideOf(config), padding: config.padding(), ...bias },
    { kernel: alone ? depthwiseKernel : ['depthwise_kernel'], bias: ['bias'] },
  );
}

function depthwise2d(draft: Draft, config: LayerConfig, alone: boolean): void {
  const size = pairOf(config.wholes('kernel_size', 2));
  const bias = alone ? biasOf(config) : { bias: false as const };
  draft.add(
    { type: 'depthwiseconv2d', kernel: size, ...stridesOf(config), padding: config.padding(), ...bias },
    { kernel: alone ? depthwiseKernel : ['depthwise_kernel'], bias: ['bias'] },
  );
}

function pointwise(draft: Draft, config: LayerConfig, type: 'conv1d' | 'conv2d'): void {
  const filters = config.whole('filters');
  draft.add(
    { type, filters, kernel: 1, padding: 'same', ...biasOf(config) },
    { kernel: ['pointwise_kernel'], bias: ['bias'] },
  );
}

type PoolType = 'maxpool1d' | 'averagepool1d' | 'maxpool2d' | 'averagepool2d';

function pool(draft: Draft, config: LayerConfig, type: PoolType): void {
  config.wants({ data_format: ['channels_last'] });
  const ways = type.endsWith('1d') ? 1 : 2;
  const size = config.wholes('pool_size', ways, 2);
  const stride = config.wholes('strides', ways, size);
  if (String(stride) !== String(size)) {
    config.problem(`has pool_size ${size} and strides ${stride}, supported: windows that do not overlap`);
  }
  const uneven = size.some((taps, way) => (draft.shape?.[way] ?? 0) % taps !== 0);
  if (config.padding() === 'same' && draft.shape && uneven) {
    config.problem(`has padding "same" over [${draft.shape}], supported where the size divides it`);
  }
  if (type === 'maxpool1d' || type === 'averagepool1d') draft.add({ type, size: size[0] ?? 2 });
  else draft.add({ type, size: pairOf(size) });
}

function globalPool(
  draft: Draft,
  config: LayerConfig,
  type: 'globalaveragepool1d' | 'globalaveragepool2d',
): void {
  config.wants({ data_format: ['channels_last'], keepdims: [false] });
  draft.add({ type });
}
