/* What is learned from which signals. */
import { choice, number } from './part.mjs';

export const data = [
  {
    label: 'kind',
    icon: 'bullseye',
    parts: [choice('kind', 'kind', 'kind', ['classification', 'forecast', 'anomaly'], { wide: true })],
  },
  {
    label: 'horizon',
    icon: 'step-forward',
    parts: [
      number('horizon', 'forecast.horizon', { of: ['kind', ['forecast']], unit: 'ahead' }),
      {
        id: 'forecast-channels',
        path: 'forecast.channels',
        of: ['kind', ['forecast']],
        list: true,
        hint: 'placeholder.channels',
        width: '160px',
      },
    ],
  },
  {
    label: 'falseAlarms',
    icon: 'bell-o',
    parts: [
      number('false-alarms', 'anomaly.falseAlarms', {
        of: ['kind', ['anomaly']],
        factor: 0.01,
        hint: 1,
        unit: 'falseAlarms',
      }),
    ],
  },
  { label: 'rate', icon: 'tachometer', parts: [number('rate', 'input.rateHz', { unit: 'hertz' })] },
  {
    label: 'length',
    icon: 'arrows-h',
    parts: [number('length', 'input.length', { unit: 'readings' })],
  },
  {
    label: 'cut',
    icon: 'scissors',
    parts: [
      choice('cut', 'input.cut.kind', 'cut', ['hop', 'beats', 'marks'], { absent: true }),
      number('hop', 'input.hop', { when: ['cut', ['hop']], unit: 'readings' }),
      number('cut-before', 'input.cut.before', {
        of: ['cut', ['beats', 'marks']],
        hint: 0,
        unit: 'beforeBeat',
      }),
    ],
  },
  {
    parts: [
      {
        id: 'cut-channel',
        path: 'input.cut.channel',
        of: ['cut', ['beats']],
        before: 'inChannel',
        hint: 'placeholder.firstChannel',
        width: '35%',
      },
    ],
  },
  {
    label: 'normalisation',
    icon: 'sliders',
    parts: [
      choice(
        'normalisation',
        'input.normalisation',
        'normalisation',
        ['channel', 'person', 'window', 'none'],
        {
          wide: true,
          expert: true,
        },
      ),
    ],
  },
];
