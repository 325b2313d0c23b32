import assert from 'node:assert/strict';
import {
  calibrated,
  describeTraining,
  labelOffsets,
  parseTask,
  taskModel,
  usesLabelShares,
} from '../../../gateway/task';

const task = (training: object = {}, more: object = {}) => ({
  kind: 'classification' as const,
  input: { cut: { kind: 'beats', before: 75 } },
  labels: ['N', 'S', 'V'],
  training: { balance: 'auto' as const, loss: 'auto', ...training },
  ...more,
});
const y = Uint16Array.of(0, 0, 0, 0, 1);

describe('Outputs calibrated by the labels that a gateway has', () => {
  it('get the logarithm of the share of draws of each label, and of a hundredth for one that is absent, or another share', () => {
    const logs = (...shares: number[]) => shares.map(Math.log).map(Math.fround);
    assert.deepEqual([...labelOffsets(task(), y)!], logs(2 / 3, 1 / 3, 0.01));
    assert.deepEqual([...labelOffsets(task(), y, 0.05)!], logs(2 / 3, 1 / 3, 0.05));
  });

  it('stay as they are for other settings, losses, kinds of task and windows', () => {
    for (const balance of ['none', 'root', 'equal'])
      assert.equal(labelOffsets(task({ balance }), y), undefined);
    assert.equal(labelOffsets(task({ loss: 'binary-cross-entropy' }), y), undefined);
    assert.equal(labelOffsets(task({}, { kind: 'anomaly' }), y), undefined);
    assert.equal(labelOffsets(task({}, { input: {} }), y), undefined);
    assert.equal(labelOffsets(task(), new Uint16Array()), undefined);
  });

  it('have it in their bias while a model is trained, and nothing else is changed', () => {
    const model = taskModel(
      parseTask({
        name: 'beats',
        input: { channels: [{ name: 'ecg', unit: 'mV' }], rateHz: 50, length: 64, hop: 32 },
        labels: ['N', 'S', 'V'],
        model: { preset: 'features' },
      }),
    );
    const parameters = new Float32Array(1000).fill(1);
    const shifted = calibrated(parameters, model, task(), y);
    const changed = [...shifted.keys()].filter((i) => shifted[i] !== 1);
    assert.equal(changed.length, 3);
    assert.deepEqual(
      changed.map((i) => shifted[i]),
      [...labelOffsets(task(), y)!].map((offset) => Math.fround(1 + offset)),
    );
    assert.equal(calibrated(parameters, model, task({ balance: 'root' }), y), parameters);
  });
});

describe('Tasks with windows at beats', () => {
  const given = {
    name: 'beats',
    input: {
      channels: [{ name: 'ecg' }],
      rateHz: 50,
      length: 64,
      hop: 32,
      cut: { kind: 'marks', before: 20 },
    },
    labels: ['N', 'S', 'V'],
    model: { preset: 'features' },
  };
  const settings = (changes: object = {}) => {
    const { variance, server } = parseTask({ ...given, ...changes }).aggregation;
    return [variance, server.kind === 'sgd' && server.momentum];
  };

  it('have a momentum at the server, and no weight for variance, unless something is said', () => {
    assert.deepEqual(settings(), ['none', 0.7]);
    const said = (variance: string | undefined, server: object) =>
      settings({ aggregation: { variance, server } });
    assert.deepEqual(said('gradient', { kind: 'sgd', momentum: 0 }), ['gradient', 0]);
    assert.deepEqual(said(undefined, { kind: 'sgd', learningRate: 0.5 }), ['none', 0.7]);
    assert.deepEqual(said('gradient', { kind: 'adam' }), ['gradient', false]);
  });

  it('say it in words', () => {
    const text = describeTraining(parseTask(given));
    assert.match(text, /rate 0\.03, falling to 0\.003 with the versions;/);
    assert.match(
      text,
      /labels drawn as often as they come, with offsets by how often they come in the federation;/,
    );
    assert.match(text, /for older contributions, momentum 0\.7;/);
    assert.match(
      text,
      /until that is known: rate 0\.015, falling to 0\.0015 with the versions, labels drawn by the root of their number$/,
    );
    assert.match(describeTraining(parseTask(given), true), /rate 0\.03, .*momentum 0\.7$/);
    const without = describeTraining(parseTask(given), false);
    assert.match(without, /rate 0\.015, .*labels drawn by the root of their number;.*momentum 0\.7$/);
  });

  it('are the same task when they come back with everything filled in', () => {
    const task = parseTask(given);
    assert.deepEqual(parseTask(JSON.parse(JSON.stringify(task))), task);
  });

  it('have the usual settings with another balance or rule, masked or private', () => {
    for (const changes of [
      { training: { balance: 'root' } },
      { input: { ...given.input, cut: { kind: 'hop' } } },
      { aggregation: { rule: { kind: 'fedbuff' } } },
      { aggregation: { masked: true } },
      { privacy: { level: 'record', epsilon: 4 } },
    ])
      assert.equal(settings(changes)[1], 0, JSON.stringify(changes));
    const uses = (changes: object = {}) => usesLabelShares(parseTask({ ...given, ...changes }));
    assert.equal(uses(), true);
    assert.equal(uses({ aggregation: { masked: true } }), false);
    assert.equal(uses({ training: { balance: 'equal' } }), false);
  });
});
