import type { LayerOf } from '../../model';
import { type KerasLayer, writtenWeights } from './keras-layer';
import type { LayerConfig } from './layer-config';

export const gru: KerasLayer<LayerOf<'gru'>> = {
  readers: {
    GRU(draft, config) {
      config.wants({
        reset_after: [true],
        go_backwards: [false],
        return_state: [false],
        time_major: [false],
        stateful: [false],
      });
      remarkOnDropout(config);
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

/** Says that the dropout of a recurrent layer's own is left out. */
export function remarkOnDropout(config: LayerConfig): void {
  if (config.number('dropout', 0) === 0 && config.number('recurrent_dropout', 0) === 0) return;
  config.remark('has a dropout of its own, which is left out of training');
}
