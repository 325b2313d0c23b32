import assert from 'node:assert/strict';
import { modelKey, parseTask } from '../../../gateway/task';

const task = {
  name: 'moves',
  input: { channels: [{ name: 'a' }, { name: 'b' }], rateHz: 50, length: 16, hop: 8 },
  labels: ['walk', 'sit'],
  model: { preset: 'mlp' },
};
const keyOf = (changes: object = {}) => modelKey(parseTask({ ...task, ...changes }));
const known = keyOf();

describe('The key of a model', () => {
  it('is 16 hexadecimal digits that do not change from release to release', () => {
    assert.match(known, /^[0-9a-f]{16}$/);
    assert.equal(known, keyOf());
    // Gateways of different releases must agree: a change of this value separates them.
    assert.equal(known, '7123d66f78749769');
  });

  const same: [title: string, changes: object][] = [
    ['the name', { name: 'other' }],
    [
      'how it is trained',
      { training: { learningRate: 0.5, epochs: 7, batchSize: 8, loss: 'softmax-cross-entropy' } },
    ],
    ['what is selected', { selection: { strategy: 'deepest' } }],
    [
      'defaults that are written out',
      { seed: 1, kind: 'classification', model: { preset: 'mlp', size: 'S' } },
    ],
    ['the order of the fields', { model: { size: 'S', preset: 'mlp' } }],
  ];
  for (const [title, changes] of same) {
    it(`does not depend on ${title}`, () => assert.equal(keyOf(changes), known));
  }

  const others: [title: string, changes: object][] = [
    ['the seed', { seed: 2 }],
    ['the start', { initial: '0123456789abcdef' }],
    ['the labels', { labels: ['walk', 'run'] }],
    ['the order of the labels', { labels: ['sit', 'walk'] }],
    ['the size', { model: { preset: 'mlp', size: 'M' } }],
    ['the window', { input: { ...task.input, length: 17 } }],
    [
      'how a channel is normalised',
      { input: { ...task.input, channels: [{ name: 'a', spread: 2 }, { name: 'b' }] } },
    ],
    ['one output for two labels', { training: { loss: 'binary-cross-entropy' } }],
    ['the kind', { kind: 'anomaly', labels: [] }],
  ];
  it('is another for whatever makes parameters mean something else', () => {
    const keys = others.map(([, changes]) => keyOf(changes));
    assert.equal(new Set([known, ...keys]).size, others.length + 1);
  });

  it('is another for another horizon, and for other channels that are predicted', () => {
    const forecasts = [
      { horizon: 1 },
      { horizon: 2 },
      { horizon: 1, channels: ['a'] },
      { horizon: 1, channels: ['b'] },
    ];
    const keys = forecasts.map((forecast) => keyOf({ kind: 'forecast', labels: [], forecast }));
    assert.equal(new Set(keys).size, forecasts.length);
  });

  it('of values is the same for every loss', () => {
    const [plain, huber] = ['auto', 'huber'].map((loss) =>
      keyOf({ kind: 'anomaly', labels: [], training: { loss } }),
    );
    assert.equal(plain, huber);
  });
});
