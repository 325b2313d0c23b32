import assert from 'node:assert/strict';
import {
  describeTraining,
  drawBalance,
  gradientLimit,
  labelEvenness,
  localRate,
  parseTask,
  type TaskInput,
  trialRate,
} from '../../../gateway/task';

const task = (training: TaskInput['training'] = {}, more: Partial<TaskInput> = {}) =>
  parseTask({
    name: 'trained',
    input: { channels: [{ name: 'ecg', unit: 'mV' }], rateHz: 50, length: 64, hop: 32 },
    labels: ['a', 'b'],
    model: { preset: 'cnn1d' },
    training,
    ...more,
  });
const forecast: Partial<TaskInput> = {
  kind: 'forecast',
  labels: [],
  forecast: { horizon: 4 },
  model: { preset: 'mlp' },
};

describe('the local learning rate', () => {
  it('falls with the versions, halved at 40, and never below a tenth', () => {
    const rates = [0, 40, 120, 360, 10_000].map((version) => localRate(task(), version));
    assert.deepEqual(
      rates.map((rate) => Number(rate.toPrecision(6))),
      [0.05, 0.025, 0.0125, 0.005, 0.005],
    );
    assert.equal(localRate(task(), -1), 0.05);
  });

  it('is the number that a task gives, whatever the version', () => {
    const explicit = task({ learningRate: 0.03 });
    assert.deepEqual(
      [0, 500].map((version) => localRate(explicit, version)),
      [0.03, 0.03],
    );
    assert.equal(gradientLimit(explicit), undefined);
    assert.equal(trialRate(explicit), 0.03);
  });

  it('follows the optimiser: its momentum, and Adam', () => {
    assert.equal(localRate(task({ optimiser: { kind: 'sgd', momentum: 0.95 } }), 0).toFixed(4), '0.0250');
    assert.equal(localRate(task({ optimiser: { kind: 'sgd' } }), 0), 0.1);
    assert.equal(localRate(task({ optimiser: { kind: 'adam' } }), 0), 0.01);
    assert.equal(gradientLimit(task()), 5);
    assert.equal(gradientLimit(task({ optimiser: { kind: 'adam' } })), undefined);
  });

  it('stays the same for forecasts and anomalies', () => {
    for (const version of [0, 100]) assert.equal(localRate(task({}, forecast), version), 0.01);
    assert.equal(gradientLimit(task({}, forecast)), undefined);
  });

  it('is that of one label at a gateway with one, and in between with few', () => {
    assert.equal(localRate(task(), 0, 0), 0.01);
    assert.equal(localRate(task(), 0, 0.5).toFixed(4), '0.0300');
    assert.equal(localRate(task({ learningRate: 0.02 }), 0, 0), 0.02);
    for (const [y, labels, expected] of [
      [[0, 1, 2, 3], 4, 1],
      [[2, 2, 2], 4, 0],
      [[], 4, 0],
      [[0, 1, 0, 1], 4, 0.5],
    ] as const)
      assert.equal(labelEvenness(Uint16Array.from(y), labels).toFixed(6), expected.toFixed(6));
  });

  it('counts ten versions of one contribution as one', () => {
    const rule = { aggregation: { rule: { kind: 'fedasync' } } } as const;
    assert.equal(localRate(task({}, rule), 400), localRate(task(), 40));
  });
});

describe('the training of a task in words', () => {
  it('says what the task leaves to the rules', () => {
    assert.equal(
      describeTraining(task()),
      'SGD with momentum 0.9, rate 0.05, falling to 0.005 with the versions; batches of 32, 2 passes; labels drawn by the root of their number; windows varied: none; server rate 1, up to 1.5 for older contributions',
    );
    assert.equal(
      describeTraining(
        task({ learningRate: 0.02, optimiser: { kind: 'adam' }, balance: 'equal', augmentation: ['jitter'] }),
      ),
      'Adam, rate 0.02; batches of 32, 2 passes; labels drawn equally often; windows varied: jitter 0.1; server rate 1, up to 1.5 for older contributions',
    );
  });

  it('draws labels for classifications only', () => {
    assert.deepEqual(
      (['auto', 'none', 'root', 'equal'] as const).map((balance) => drawBalance(task({ balance }))),
      [0.5, 0, 0.5, 1],
    );
    assert.equal(drawBalance(task({}, forecast)), 0);
  });
});
