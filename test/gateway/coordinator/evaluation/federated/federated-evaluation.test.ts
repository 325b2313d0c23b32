import assert from 'node:assert/strict';
import { FederatedEvaluation } from '../../../../../gateway/coordinator/evaluation/federated/federated-evaluation';
import { WorseThanBest } from '../../../../../gateway/coordinator/evaluation/federated/worse-than-best';
import { SeededRandom } from '../../../../../gateway/platform';
import { parseTask } from '../../../../../gateway/task';

const task = parseTask({
  name: 'test',
  input: { channels: [{ name: 'x' }], rateHz: 50, length: 16, hop: 16 },
  labels: ['a', 'b'],
  model: { preset: 'mlp' },
});
const of = (counts: number[], right: number[], loss = 1) => ({
  windows: counts.reduce((sum, count) => sum + count, 0),
  loss,
  counts,
  right,
});

describe('the quality that gateways measure', () => {
  it('is that of all their windows together', () => {
    const federated = new FederatedEvaluation(task, 100);
    federated.take('one', 4, of([20, 20], [20, 10], 0.5));
    federated.take('two', 6, of([10, 30], [5, 30], 1));
    const quality = federated.quality(7)!;
    assert.deepEqual(
      { ...quality, interval: undefined },
      {
        gateways: 2,
        windows: 80,
        from: 4,
        to: 6,
        loss: 0.75,
        accuracy: 65 / 80,
        balancedAccuracy: (25 / 30 + 40 / 50) / 2,
        chance: 1 / 2,
        recalls: { a: 25 / 30, b: 40 / 50 },
        // That of either gateway.
        worstTenth: (5 / 10 + 30 / 30) / 2,
        interval: undefined,
      },
    );
    const [low, high] = quality.interval!;
    assert.ok(low < quality.balancedAccuracy! && quality.balancedAccuracy! < high);
  });

  it('has the chance of guessing among the labels that occur', () => {
    const federated = new FederatedEvaluation({ ...task, labels: ['a', 'b', 'c'] }, 100);
    federated.take('one', 1, of([20, 0, 0], [20, 0, 0]));
    assert.equal(federated.quality(1)!.chance, 1);
    federated.take('two', 1, of([0, 5, 0], [0, 2, 0]));
    assert.equal(federated.quality(1)!.chance, 1 / 2);
  });

  it('takes the newest of each gateway, and forgets what is old', () => {
    const federated = new FederatedEvaluation(task, 100);
    federated.take('one', 10, of([10, 10], [10, 10]));
    federated.take('one', 8, of([10, 10], [0, 0]));
    assert.equal(federated.quality(11)!.accuracy, 1);
    federated.take('two', 30, of([10, 10], [0, 0]));
    assert.deepEqual([federated.quality(31)!.gateways, federated.quality(31)!.accuracy], [1, 0]);
    assert.equal(federated.quality(60), undefined);
  });

  it('lets no gateway count more than four times the median one', () => {
    const federated = new FederatedEvaluation(task, 100);
    for (const id of ['one', 'two', 'three']) federated.take(id, 1, of([10, 10], [10, 10]));
    federated.take('liar', 1, of([5e14, 5e14], [0, 0]));
    assert.ok(Math.abs(federated.quality(1)!.accuracy! - 60 / 140) < 1e-12);
  });

  it('forgets a gateway that is taken out, and the one that was silent for longest if there are too many', () => {
    const federated = new FederatedEvaluation(task, 2);
    for (const id of ['one', 'two', 'one', 'three']) federated.take(id, 1, of([10, 10], [10, 10]));
    assert.equal(federated.quality(1)!.gateways, 2);
    federated.forget('two');
    assert.equal(federated.quality(1)!.gateways, 2, 'it was forgotten before');
    federated.forget('one');
    assert.equal(federated.quality(1)!.gateways, 1);
  });

  const unsound: [title: string, evaluation: ReturnType<typeof of>][] = [
    ['more right than there are', of([10, 10], [11, 0])],
    ['labels that do not add up', { ...of([10, 10], [1, 1]), windows: 30 }],
    ['labels of another task', of([10, 10, 10], [1, 1, 1])],
    ['a loss that is no number', of([10, 10], [1, 1], Number.NaN)],
    ['no windows', of([0, 0], [0, 0])],
  ];
  for (const [title, evaluation] of unsound)
    it(`ignores ${title}`, () => {
      const federated = new FederatedEvaluation(task, 100);
      federated.take('one', 1, evaluation);
      assert.equal(federated.quality(1), undefined);
    });

  it('has an interval that holds the true accuracy about 19 times of 20, also where gateways differ', () => {
    const random = new SeededRandom(7);
    for (const spread of [0, 0.15]) {
      let inside = 0;
      const trials = 400;
      for (let trial = 0; trial < trials; trial++) {
        const federated = new FederatedEvaluation(task, 100);
        for (let g = 0; g < 12; g++) {
          const accuracy = Math.min(1, Math.max(0, 0.8 + spread * random.normal()));
          const hits = () =>
            Array.from({ length: 20 }, () => random.uniform() < accuracy).filter(Boolean).length;
          federated.take(`g${g}`, 1, of([20, 20], [hits(), hits()]));
        }
        const [low, high] = federated.quality(1)!.interval!;
        // Accuracies are cut off at 1, so their mean is a little lower.
        const truth = spread === 0 ? 0.8 : 0.794;
        if (low <= truth && truth <= high) inside++;
      }
      assert.ok(inside / trials > 0.91, `${spread}: ${inside / trials}`);
    }
  });

  it('of a task without labels is a loss', () => {
    const federated = new FederatedEvaluation({ ...task, labels: [] }, 100);
    federated.take('one', 1, { windows: 10, loss: 0.5, counts: [], right: [] });
    assert.deepEqual(federated.quality(1), { gateways: 1, windows: 10, from: 1, to: 1, loss: 0.5 });
  });
});

describe('a model that is worse than it was', () => {
  it('is reported once after five versions in a row, and again after a recovery', () => {
    const said: number[] = [];
    const worse = new WorseThanBest((_text, best) => said.push(best));
    const best = { version: 9, balancedAccuracy: 0.9 };
    const judge = (value: number, times: number) => {
      for (let i = 0; i < times; i++) worse.judge(10 + i, { kind: 'accuracy', value, half: 0.03 }, best);
    };
    judge(0.88, 20);
    judge(0.8, 4);
    judge(0.89, 1);
    assert.deepEqual(said, []);
    judge(0.8, 9);
    assert.deepEqual(said, [9]);
    judge(0.9, 1);
    judge(0.8, 5);
    assert.deepEqual(said, [9, 9]);
  });

  it('may be one of larger errors', () => {
    const said: string[] = [];
    const worse = new WorseThanBest((text) => said.push(text));
    for (let i = 0; i < 5; i++)
      worse.judge(i, { kind: 'error', value: 0.5 }, { version: 1, meanSquaredError: 0.4 });
    assert.match(said[0] ?? '', /error 0\.500, was 0\.400/);
  });
});
