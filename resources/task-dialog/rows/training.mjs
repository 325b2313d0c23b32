/* A round at a gateway. */
import { choice, number } from './part.mjs';

export const training = [
  {
    label: 'loss',
    icon: 'crosshairs',
    parts: [
      choice(
        'loss',
        'training.loss',
        'loss',
        ['auto', 'softmax-cross-entropy', 'binary-cross-entropy', 'mean-squared-error', 'huber'],
        { wide: true },
      ),
    ],
  },
  {
    label: 'optimiser',
    icon: 'line-chart',
    parts: [choice('optimiser', 'training.optimiser.kind', 'optimiser', ['sgd', 'adam'], { wide: true })],
  },
  {
    label: 'learningRate',
    icon: 'level-down',
    parts: [
      number('learning-rate', 'training.learningRate', { hint: 'placeholder.auto' }),
      number('momentum', 'training.optimiser.momentum', {
        of: ['optimiser', ['sgd']],
        before: 'momentum',
        hint: 0.9,
        empty: 0.9,
      }),
    ],
  },
  {
    label: 'augmentation',
    icon: 'random',
    parts: [
      {
        id: 'augmentation',
        path: 'training.augmentation',
        list: true,
        hint: 'placeholder.auto',
        width: '70%',
      },
    ],
  },
  {
    label: 'balance',
    icon: 'balance-scale',
    parts: [
      choice('balance', 'training.balance', 'balance', ['auto', 'none', 'root', 'equal'], { wide: true }),
    ],
  },
  {
    label: 'batch',
    icon: 'th',
    parts: [number('batch', 'training.batchSize', { hint: 32, unit: 'perStep' })],
  },
  {
    label: 'frozen',
    icon: 'snowflake-o',
    parts: [choice('frozen', 'training.frozen', 'frozen', ['int8', 'float16', 'float32'], { wide: true })],
  },
  {
    label: 'samples',
    icon: 'database',
    parts: [
      number('min-samples', 'training.minSamples', { before: 'from', hint: 16 }),
      number('max-samples', 'training.maxSamplesPerRound', { before: 'to', hint: 512, unit: 'aRound' }),
    ],
  },
  {
    label: 'epochs',
    icon: 'repeat',
    parts: [number('epochs', 'training.epochs', { hint: 2, unit: 'perRound' })],
  },
  {
    label: 'round',
    icon: 'flag-checkered',
    parts: [
      choice('round', 'training.round.kind', 'round', ['epochs', 'time']),
      number('round-seconds', 'training.round.ms', {
        of: ['round', ['time']],
        factor: 1000,
        hint: 60,
        empty: 60,
        unit: 'seconds',
      }),
    ],
  },
  {
    label: 'slow',
    icon: 'hourglass-o',
    parts: [
      number('max-round', 'selection.maxRoundMs', {
        factor: 1000,
        hint: 'placeholder.none',
        unit: 'slow',
      }),
    ],
  },
];
