import type { LayerOf, LayerSpec } from '../../model';
import type { Draft } from './draft';
import type { KerasLayer, Place, WrittenLayer } from './keras-layer';
import type { LayerConfig } from './layer-config';

/** Functions of Activation that are layers of ours. */
const functions: ReadonlyMap<string, LayerSpec> = new Map<string, LayerSpec>([
  ['relu', { type: 'relu' }],
  ['relu6', { type: 'relu6' }],
  ['tanh', { type: 'tanh' }],
  ['sigmoid', { type: 'sigmoid' }],
  ['elu', { type: 'elu', alpha: 1 }],
  ['leaky_relu', { type: 'leakyrelu', slope: 0.2 }],
]);

/** An Activation layer. */
export const writtenActivation = (name: string): WrittenLayer => ({
  className: 'Activation',
  config: { activation: name },
});

/** Reads the activation that a layer ends with, as a layer of its own. It may be an activation layer itself. */
export function readActivation(draft: Draft, config: LayerConfig, place: Place): void {
  const inner = config.nested('activation');
  const read = inner && activationLayers.get(inner.className);
  if (inner && read) {
    read(draft, inner.config, place);
    return;
  }
  const name = config.activation();
  const known = functions.get(name);
  if (known) draft.add(known);
  else if (name === 'softmax') readSoftmax(config, place);
  else if (name !== 'linear') {
    config.problem(
      `has the activation ${name}, supported: linear, ${[...functions.keys()].join(', ')}, softmax at the end`,
    );
  }
}

/** Reads a softmax layer, over the last axis. */
export function readSoftmaxLayer(draft: Draft, config: LayerConfig, place: Place): void {
  config.wants({ axis: [-1, draft.shape?.length ?? -1] });
  readSoftmax(config, place);
}

/** Leaves a softmax at the end to the loss. */
function readSoftmax(config: LayerConfig, { isLast, onSoftmax }: Place): void {
  if (isLast) onSoftmax();
  else config.problem('is a softmax within the model, supported: at its end');
}

function readRelu(draft: Draft, config: LayerConfig): void {
  config.wants({ max_value: [6, 'Infinity'], threshold: [0] });
  const slope = config.number('negative_slope', 0);
  const isClipped = config.raw('max_value') === 6;
  if (slope !== 0 && isClipped)
    config.problem(`has negative_slope ${slope} and max_value 6, supported: one of them`);
  if (slope !== 0) draft.add({ type: 'leakyrelu', slope });
  else draft.add({ type: isClipped ? 'relu6' : 'relu' });
}

/** Keras 2 and TensorFlow.js call the slope alpha, Keras 3 negative_slope. */
function readLeakyRelu(draft: Draft, config: LayerConfig): void {
  const slope = config.number('negative_slope', config.number('alpha', 0.3));
  draft.add(slope === 0 ? { type: 'relu' } : { type: 'leakyrelu', slope });
}

function readElu(draft: Draft, config: LayerConfig): void {
  draft.add({ type: 'elu', alpha: config.number('alpha', 1) });
}

/** Layers that Keras also takes as the activation of another. */
const activationLayers: ReadonlyMap<string, (draft: Draft, config: LayerConfig, place: Place) => void> =
  new Map([
    ['ReLU', readRelu],
    ['LeakyReLU', readLeakyRelu],
    ['ELU', readElu],
    ['Softmax', readSoftmaxLayer],
  ]);

export const elementwise = {
  relu: {
    readers: { Activation: readActivation, ReLU: readRelu },
    write: () => [writtenActivation('relu')],
  } satisfies KerasLayer<LayerOf<'relu'>>,

  relu6: {
    readers: {},
    write: () => [writtenActivation('relu6')],
  } satisfies KerasLayer<LayerOf<'relu6'>>,

  leakyrelu: {
    readers: { LeakyReLU: readLeakyRelu },
    write: ({ slope }) => [{ className: 'LeakyReLU', config: { alpha: slope } }],
  } satisfies KerasLayer<LayerOf<'leakyrelu'>>,

  elu: {
    readers: { ELU: readElu },
    write: ({ alpha }) => [{ className: 'ELU', config: { alpha } }],
    remark: ({ alpha }) =>
      alpha === 1
        ? undefined
        : 'TensorFlow.js loads an ELU with an alpha of 1 only: convert the files with tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras and use them in Keras',
  } satisfies KerasLayer<LayerOf<'elu'>>,

  tanh: {
    readers: {},
    write: () => [writtenActivation('tanh')],
  } satisfies KerasLayer<LayerOf<'tanh'>>,

  sigmoid: {
    readers: {},
    write: () => [writtenActivation('sigmoid')],
  } satisfies KerasLayer<LayerOf<'sigmoid'>>,

  dropout: {
    readers: {
      Dropout(draft, config) {
        const rate = config.number('rate', 0);
        if (config.raw('noise_shape') !== undefined) config.problem('has a noise_shape, supported: none');
        draft.add({ type: 'dropout', rate });
      },
    },
    write: ({ rate }) => [{ className: 'Dropout', config: { rate } }],
  } satisfies KerasLayer<LayerOf<'dropout'>>,
};
