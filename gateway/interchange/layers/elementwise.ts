import type { LayerOf } from '../../model';
import type { Draft } from './draft';
import type { KerasLayer, Place, WrittenLayer } from './keras-layer';
import type { LayerConfig } from './layer-config';

/** Kinds that Keras has as functions of Activation, under the same names. */
const activations = ['relu', 'relu6', 'tanh', 'sigmoid'] as const;

/** An Activation layer. */
export const writtenActivation = (name: string): WrittenLayer => ({
  className: 'Activation',
  config: { activation: name },
});

/** Reads the activation that a layer ends with, as a layer of its own. */
export function readActivation(draft: Draft, config: LayerConfig, place: Place): void {
  const name = config.activation();
  const known = activations.find((activation) => activation === name);
  if (known) draft.add({ type: known });
  else if (name === 'softmax') readSoftmax(config, place);
  else if (name !== 'linear') {
    config.problem(
      `has the activation ${name}, supported: linear, ${activations.join(', ')}, softmax at the end`,
    );
  }
}

/** Leaves a softmax at the end to the loss. */
export function readSoftmax(config: LayerConfig, { isLast, onSoftmax }: Place): void {
  if (isLast) onSoftmax();
  else config.problem('is a softmax within the model, supported: at its end');
}

export const elementwise = {
  relu: {
    readers: {
      Activation: readActivation,
      ReLU(draft, config) {
        config.wants({ max_value: [6], negative_slope: [0], threshold: [0] });
        draft.add({ type: config.raw('max_value') === undefined ? 'relu' : 'relu6' });
      },
    },
    write: () => [writtenActivation('relu')],
  } satisfies KerasLayer<LayerOf<'relu'>>,

  relu6: {
    readers: {},
    write: () => [writtenActivation('relu6')],
  } satisfies KerasLayer<LayerOf<'relu6'>>,

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

  add: {
    readers: {
      Add(draft, _, { sides }) {
        for (const side of sides) draft.addOutputOf(side);
      },
    },
    write: () => [{ className: 'Add', config: {} }],
  } satisfies KerasLayer<LayerOf<'add'>>,
};
