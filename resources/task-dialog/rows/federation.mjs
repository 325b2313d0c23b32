/* What the coordinator makes of updates. */
import { choice, number } from './part.mjs';

/** The rules in the order of the choice, each with the shared settings that it uses. */
const rules = {
  ftte: ['age', 'damping', 'variance', 'sampleExponent', 'steps', 'coverage', 'server'],
  fedbuff: ['age', 'steps', 'server'],
  fedavg: ['sampleExponent', 'steps', 'server'],
  fedasync: ['age', 'server'],
  ca2fl: ['server'],
  fadas: [],
};

/** Condition on the rule: it uses the shared setting. */
const using = (setting) => ['rule', Object.keys(rules).filter((rule) => rules[rule].includes(setting))];

/** Encodings of updates, of patches and of catch-ups, under the names of `gateway/wire`. */
const updateEncodings = ['auto', 'dithered', 'int8', 'float32'];
const patchEncodings = ['auto', 'coarse', 'int8', 'float32'];
const catchUpEncodings = ['auto', 'coarse', 'int8', 'float16', 'float32'];

export const federation = [
  {
    label: 'rule',
    icon: 'code-fork',
    parts: [choice('rule', 'aggregation.rule.kind', 'rule', Object.keys(rules), { wide: true })],
  },
  {
    parts: [
      number('over-selection', 'aggregation.rule.overSelection', {
        of: ['rule', ['fedavg']],
        hint: 0,
        unit: 'overSelection',
      }),
      number('mixing', 'aggregation.rule.mixing', { of: ['rule', ['fedasync']], hint: 0.6, unit: 'mixing' }),
      number('fadas-rate', 'aggregation.rule.learningRate', {
        of: ['rule', ['fadas']],
        hint: 0.001,
        unit: 'fadasRate',
      }),
      number('delay-threshold', 'aggregation.rule.delayThreshold', {
        of: ['rule', ['fadas']],
        hint: 1,
        unit: 'delayThreshold',
      }),
    ],
  },
  {
    label: 'participation',
    icon: 'ticket',
    parts: [
      choice('participation', 'aggregation.participation.kind', 'participation', ['free', 'granted']),
      number('concurrency', 'aggregation.participation.concurrency', {
        of: ['participation', ['granted']],
        hint: 'placeholder.auto',
        unit: 'concurrency',
      }),
    ],
  },
  {
    parts: [
      number('timeout', 'aggregation.participation.timeoutMs', {
        of: ['participation', ['granted']],
        factor: 1000,
        before: 'silentFor',
        hint: 600,
        unit: 'timeout',
      }),
    ],
  },
  {
    label: 'buffer',
    icon: 'inbox',
    parts: [
      number('buffer', 'aggregation.bufferSize', { hint: 'placeholder.auto', unit: 'orAfter' }),
      number('max-wait', 'aggregation.maxWaitMs', { factor: 1000, hint: 60, unit: 'seconds' }),
    ],
  },
  {
    label: 'age',
    icon: 'hourglass-half',
    parts: [
      choice('age', 'aggregation.age.kind', 'age', ['polynomial', 'constant', 'hinge', 'exponential'], {
        wide: true,
        when: using('age'),
      }),
    ],
  },
  {
    parts: [
      number('alpha', 'aggregation.age.alpha', { of: ['age', ['polynomial']], hint: 0.5, unit: 'alpha' }),
      number('grace', 'aggregation.age.grace', { of: ['age', ['hinge']], hint: 4, unit: 'grace' }),
      number('slope', 'aggregation.age.slope', { of: ['age', ['hinge']], hint: 0.5, unit: 'slope' }),
      number('decay', 'aggregation.age.rate', { of: ['age', ['exponential']], hint: 0.2, unit: 'decay' }),
    ],
  },
  {
    label: 'damping',
    icon: 'anchor',
    parts: [number('damping', 'aggregation.damping', { when: using('damping'), hint: 0.5, unit: 'damping' })],
  },
  {
    label: 'variance',
    icon: 'area-chart',
    parts: [
      choice(
        'variance',
        'aggregation.variance',
        'variance',
        ['gradient', 'coordinates', 'distance', 'none'],
        { wide: true, absent: true, when: using('variance') },
      ),
    ],
  },
  {
    label: 'sampleExponent',
    icon: 'balance-scale',
    parts: [
      number('sample-exponent', 'aggregation.sampleExponent', {
        when: using('sampleExponent'),
        hint: 1,
        unit: 'sampleExponent',
      }),
    ],
  },
  {
    label: 'steps',
    icon: 'road',
    parts: [
      choice('steps', 'aggregation.steps', 'steps', ['auto', 'keep', 'normalise'], {
        wide: true,
        when: using('steps'),
      }),
    ],
  },
  {
    label: 'coverage',
    icon: 'users',
    parts: [
      choice('coverage', 'aggregation.coverage', 'coverage', ['proportional', 'ignored'], {
        wide: true,
        when: using('coverage'),
      }),
    ],
  },
  {
    label: 'refuse',
    icon: 'ban',
    parts: [
      number('max-age', 'aggregation.maxAge', { before: 'older', hint: 50, unit: 'versions' }),
      number('max-norm', 'aggregation.maxNorm', { before: 'norm', hint: 1000 }),
    ],
  },
  {
    label: 'robust',
    icon: 'shield',
    parts: [
      choice(
        'robust',
        'aggregation.robust',
        'robust',
        ['auto', 'none', 'clip', 'trust', 'median', 'trimmed', 'krum'],
        { wide: true },
      ),
    ],
  },
  {
    label: 'server',
    icon: 'server',
    parts: [
      choice('server', 'aggregation.server.kind', 'optimiser', ['sgd', 'adam', 'yogi'], {
        when: using('server'),
      }),
      number('server-rate', 'aggregation.server.learningRate', {
        when: using('server'),
        before: 'rate',
      }),
      number('server-momentum', 'aggregation.server.momentum', {
        of: ['server', ['sgd']],
        before: 'momentum',
      }),
    ],
  },
  {
    label: 'average',
    icon: 'history',
    parts: [number('average', 'aggregation.averageVersions', { hint: 10, unit: 'average' })],
  },
  {
    label: 'encoding',
    icon: 'compress',
    parts: [
      choice('update-encoding', 'encoding.update', undefined, updateEncodings, { unit: 'up' }),
      choice('patch-encoding', 'encoding.patch', undefined, patchEncodings, { unit: 'down' }),
    ],
  },
  {
    parts: [
      choice('catch-up-encoding', 'encoding.catchUp', undefined, catchUpEncodings, {
        when: ['participation', ['granted']],
        unit: 'catchUp',
      }),
    ],
  },
];
