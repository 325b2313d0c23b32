import type { LayerOf } from '../../model';
import type { JsonObject } from '../format/json';
import { type KerasLayer, writtenWeights } from './keras-layer';
import type { LayerConfig } from './layer-config';

export const recurrent = {
  gru: {
    readers: {
      GRU(draft, config) {
        config.wants({ reset_after: [true] });
        wantsPlain(config);
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
          {
            kernel: ['kernel'],
            recurrent: ['recurrent_kernel'],
            bias: config.flag('use_bias', true) ? ['bias'] : 0,
          },
        );
      },
    },
    write: ({ units, sequences = false }, { tensors }) => [
      {
        className: 'GRU',
        config: {
          units,
          activation: 'tanh',
          recurrent_activation: 'sigmoid',
          use_bias: true,
          reset_after: true,
          ...writtenRun(sequences),
        },
        weights: writtenWeights(tensors),
      },
    ],
    remark: () =>
      'TensorFlow.js cannot load a GRU with reset_after, which Keras and this engine compute: convert the files with tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras and use them in Keras',
  } satisfies KerasLayer<LayerOf<'gru'>>,

  lstm: {
    readers: {
      LSTM(draft, config, { isKeras3 }) {
        wantsPlain(config);
        const [activation, gates] = [config.activation(), config.activation('recurrent_activation')];
        // Keras 3 has another line of this name.
        const isHard = gates === 'hard_sigmoid' && !isKeras3;
        if (activation !== 'tanh' || (gates !== 'sigmoid' && !isHard)) {
          const hard = isKeras3 ? '' : ' or hard_sigmoid';
          config.problem(
            `has the activations ${activation} and ${gates}, supported: tanh and sigmoid${hard}`,
          );
        }
        draft.add(
          {
            type: 'lstm',
            units: config.whole('units'),
            ...(config.flag('return_sequences', false) ? { sequences: true } : {}),
            ...(isHard ? { gates: 'hard-sigmoid' } : {}),
          },
          {
            kernel: ['kernel'],
            recurrent: ['recurrent_kernel'],
            bias: config.flag('use_bias', true) ? ['bias'] : 0,
          },
        );
      },
    },
    write: ({ units, sequences = false, gates }, { tensors }) => [
      {
        className: 'LSTM',
        config: {
          units,
          activation: 'tanh',
          recurrent_activation: gates === 'hard-sigmoid' ? 'hard_sigmoid' : 'sigmoid',
          use_bias: true,
          unit_forget_bias: true,
          ...writtenRun(sequences),
        },
        weights: writtenWeights(tensors),
      },
    ],
  } satisfies KerasLayer<LayerOf<'lstm'>>,
};

/** Refuses what no recurrent unit of ours does, and says that a dropout of its own is left out. */
function wantsPlain(config: LayerConfig): void {
  config.wants({
    go_backwards: [false],
    return_state: [false],
    time_major: [false],
    stateful: [false],
  });
  if (config.number('dropout', 0) === 0 && config.number('recurrent_dropout', 0) === 0) return;
  config.remark('has a dropout of its own, which is left out of training');
}

const writtenRun = (sequences: boolean): JsonObject => ({
  return_sequences: sequences,
  return_state: false,
  go_backwards: false,
  stateful: false,
  unroll: false,
  dropout: 0,
  recurrent_dropout: 0,
});
