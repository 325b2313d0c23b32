/* The model, what of it is trained, and what it starts from. */
import { filled } from '../../dialogs/conditions.mjs';
import { choice, number } from './part.mjs';

const presets = [
  'features',
  'features-mlp',
  'hybrid',
  'cnn1d',
  'ds-cnn1d',
  'gru',
  'lstm',
  'mlp',
  'autoencoder1d',
  'mobilenet-tiny',
];

export const model = [
  {
    label: 'model',
    icon: 'cubes',
    parts: [choice('model', undefined, 'model', [...presets, 'layers'], { wide: true })],
  },
  {
    label: 'size',
    icon: 'expand',
    parts: [
      choice('size', undefined, 'size', ['S', 'M', 'L'], {
        wide: true,
        when: ['model', presets],
      }),
    ],
  },
  {
    label: 'layers',
    icon: 'list-ol',
    parts: [{ id: 'layers', wide: true, when: ['model', ['layers']] }],
  },
];

export const selection = [
  {
    label: 'strategy',
    icon: 'filter',
    parts: [
      choice(
        'strategy',
        'selection.strategy',
        'strategy',
        ['magnitude', 'deepest', 'dynamic', 'contribution', 'gradient', 'dense'],
        { wide: true },
      ),
    ],
  },
  {
    parts: [
      number('measure-samples', 'selection.measureSamples', {
        when: ['strategy', ['contribution', 'gradient', 'dynamic']],
        before: 'measuredOn',
        hint: 512,
        unit: 'windowsFed',
      }),
    ],
  },
  {
    label: 'warmStart',
    icon: 'fire',
    parts: [
      number('warm-samples', 'warmStart.samples', { hint: 'placeholder.none', unit: 'windowsFed' }),
      number('warm-epochs', 'warmStart.epochs', {
        when: ['warm-samples', filled],
        hint: 5,
        unit: 'passes',
      }),
    ],
  },
  {
    parts: [
      number('warm-rate', 'warmStart.learningRate', {
        when: ['warm-samples', filled],
        before: 'atRate',
        hint: 'placeholder.warmRate',
        width: '170px',
      }),
    ],
  },
  { label: 'seed', icon: 'random', parts: [number('seed', 'seed', { hint: 1, unit: 'seed' })] },
];
