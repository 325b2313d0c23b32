import type { LayerOf } from '../../model';
import { type KerasLayer, writtenWeights } from './keras-layer';

export const gru: KerasLayer<LayerOf<'gru'>> = {
  readers: {
    GRU(draft, config) {
      config.wants({
        reset_after: [true],
        go_backwards: [false],
        return_state: [false],
        time_major: [false],
      });
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
        return_sequences: sequences,
        return_state: false,
        go_backwards: false,
        stateful: false,
        unroll: false,
        dropout: 0,
        recurrent_dropout: 0,
      },
      weights: writtenWeights(tensors),
    },
  ],
  remark:
    'TensorFlow.js cannot load a GRU with reset_after, which Keras and this engine compute: convert the files with tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras and use them in Keras',
};
