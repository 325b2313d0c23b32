import { deepEqual, equal, ok } from 'node:assert/strict';
import { PeopleTally } from '../../../../gateway/coordinator';
import { Evaluator } from '../../../../gateway/coordinator/evaluation/evaluator';
import { FederatedEvaluation } from '../../../../gateway/coordinator/evaluation/federated/federated-evaluation';
import { WindowOwners } from '../../../../gateway/coordinator/evaluation/figures/window-owners';
import type { EvaluateResult, Samples, Trainer } from '../../../../gateway/engine';
import { SeededRandom } from '../../../../gateway/platform';
import type { Task } from '../../../../gateway/task';
import { tinyTask } from '../fleet-harness';

/** An engine that says label 0 to everything, and gives zeros back. */
class Simple {
  configured = 0;

  async configure(): Promise<void> {
    this.configured++;
  }
  async setParameters(): Promise<void> {}
  async evaluate({ count, x, y }: Samples): Promise<EvaluateResult> {
    const confusion = new Uint32Array(9);
    for (const label of y) confusion[label * 3]!++;
    const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
    return { count, loss: 1, confusion, errors: { meanSquared: mean, meanAbsolute: Math.sqrt(mean) } };
  }
  async predict(x: Float32Array): Promise<Float32Array> {
    return new Float32Array(x.length);
  }
  async close(): Promise<void> {}
}

function evaluatorOf(task: Task): Evaluator {
  return new Evaluator({
    task,
    createTrainer: () => new Simple() as unknown as Trainer,
    random: new SeededRandom(1),
    heldOutBytes: 1 << 16,
    distinct: false,
    onProblem: (error) => {
      throw error;
    },
  });
}

const judged = (evaluator: Evaluator) =>
  new Promise<NonNullable<Parameters<Parameters<Evaluator['judge']>[3]>[0]>>((resolve, reject) => {
    evaluator.judge(1, new Float32Array(9), new Float32Array(9), (judgement) =>
      judgement ? resolve(judgement) : reject(new Error('not judged')),
    );
  });

describe('a version judged by person', () => {
  it('has the balanced accuracy of those whom it serves worst, if windows name two people or more', async () => {
    const evaluator = evaluatorOf(tinyTask());
    const add = (label: number, subject?: string) =>
      evaluator.add({ window: Float32Array.of(label, 1), label, ...(subject && { subject }) });
    add(0, 'anna');
    add(0);
    equal((await judged(evaluator)).average.worstTenth, undefined, 'one person says nothing about people');
    add(0, 'ben');
    add(1, 'ben');
    const { average } = await judged(evaluator);
    deepEqual([average.people, average.worstTenth, average.windows], [2, 0.5, 4]);
  });

  it('has the largest mean errors where values are judged', async () => {
    const evaluator = evaluatorOf(anomalies());
    evaluator.add({ window: Float32Array.of(1, 1), subject: 'anna' });
    evaluator.add({ window: Float32Array.of(3, 3), subject: 'ben' });
    deepEqual((await judged(evaluator)).current.worstTenth, 3);
  });

  it('counts people beyond the first 1000 with all windows only, and says so once', () => {
    let said = 0;
    const owners = new WindowOwners(() => said++);
    const windows = Array.from({ length: 1_005 }, () => ({ window: new Float32Array(1) }));
    for (const [i, { window }] of windows.entries()) owners.add({ window, subject: `time ${i}` });
    owners.group(windows);
    const groups = owners.group(windows);
    deepEqual([groups.size, groups.get(undefined)?.length, said], [1_001, 5, 1]);
  });

  it('keeps a histogram of scores of all windows, and none for each person', () => {
    const tally = new PeopleTally(tinyTask());
    const confusion = Uint32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    const scores = new Uint32Array(3 * 2 * 256).fill(1);
    for (const person of ['anna', 'ben'])
      tally.add(person, { count: 3, loss: 1, confusion, scores, errors: undefined } as never, {
        x: new Float32Array(6),
      });
    ok(tally.quality.auc !== undefined);
    deepEqual(
      [...tally.qualities.values()].map(({ auc }) => auc),
      [undefined, undefined],
    );
  });

  it('shows the worst gateways where gateways measure', () => {
    const federated = new FederatedEvaluation(tinyTask(), 100);
    const take = (gateway: string, right: number) =>
      federated.take(gateway, 1, { windows: 10, loss: 1, counts: [10, 0, 0], right: [right, 0, 0] });
    take('a', 9);
    equal(federated.quality(1)?.worstTenth, undefined);
    take('b', 4);
    equal(federated.quality(1)?.worstTenth, 0.4);
  });
});

describe('a version that finds anomalies', () => {
  it('is judged by the share of known ones at the false-alarm rate of its task', async () => {
    const evaluator = evaluatorOf(anomalies(0.25));
    for (const value of [1, 2, 3, 4]) evaluator.add({ window: Float32Array.of(value, value) });
    equal((await judged(evaluator)).average.detection, undefined, 'nothing is known to be unusual');
    for (const value of [2, 5]) evaluator.add({ window: Float32Array.of(value, value), unusual: true });
    equal(evaluator.windows, 4, 'an unusual window is no held-out window');
    const { detection, windows } = (await judged(evaluator)).average;
    ok(detection);
    // One of four may raise an alarm: the threshold is the error of the second largest.
    deepEqual([detection.rate, detection.falseAlarms, detection.threshold, windows], [0.5, 0.25, 9, 4]);
  });

  it('is judged at one false alarm in a hundred if its task says nothing', async () => {
    const evaluator = evaluatorOf(anomalies());
    for (const value of [1, 2]) evaluator.add({ window: Float32Array.of(value, value) });
    evaluator.add({ window: Float32Array.of(5, 5), unusual: true });
    const { detection } = (await judged(evaluator)).average;
    deepEqual([detection?.rate, detection?.falseAlarms], [1, 0]);
  });
});

const anomalies = (falseAlarms?: number) =>
  tinyTask({
    kind: 'anomaly',
    labels: [],
    ...(falseAlarms !== undefined && { anomaly: { falseAlarms } }),
    model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }, { type: 'reshape', shape: [1, 2] }] },
  });
