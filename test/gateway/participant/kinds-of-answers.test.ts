import assert from 'node:assert/strict';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { ModelFollower, type Prediction, Predictor } from '../../../gateway/participant';
import { classification, forecast } from '../../../gateway/participant/prediction';
import { SeededRandom, VirtualClock } from '../../../gateway/platform';
import { Session } from '../../../gateway/session';
import type { Task, TaskInput } from '../../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import { federation, ScriptedCoordinator, secondLineage, settled, tinyTask, until } from './tools';

const channels = [
  { name: 'hr', unit: 'bpm', centre: 80, spread: 10 },
  { name: 'spo2', unit: '%', centre: 97, spread: 2 },
];
const input = { channels, rateHz: 2, length: 8, hop: 8 };
const layers = (units: number) => [{ type: 'flatten' as const }, { type: 'dense' as const, units }];
const forecastTask = (more: Partial<TaskInput> = {}) =>
  tinyTask({
    kind: 'forecast',
    input,
    labels: [],
    forecast: { horizon: 3, channels: ['spo2', 'hr'] },
    model: { layers: layers(6) },
    ...more,
  });
const anomalyTask = (falseAlarms = 0.02) =>
  tinyTask({ kind: 'anomaly', input, labels: [], anomaly: { falseAlarms }, model: { layers: layers(16) } });

describe('an answer about a window', () => {
  it('is a label with both scores where one output answers yes or no', () => {
    const task = tinyTask({
      training: { loss: 'binary-cross-entropy' },
      model: { layers: layers(1) },
    });
    const { label, scores, confidence } = classification(task, Float32Array.of(0.75));
    assert.equal(label, 'moving');
    assert.deepEqual(scores, { still: 0.25, moving: 0.75 });
    assert.equal(confidence, 0.75);
    assert.equal(classification(task, Float32Array.of(0.25)).label, 'still');
  });

  // As the model gives them: [row, (spo2, hr)].
  const outputs = Float32Array.of(0, 1, 0.5, 2, -1, 3);

  it('is the next values of the chosen channels, in their units, with the times when they are due', () => {
    const { values, times } = forecast(forecastTask(), outputs, { endMs: 10_000 });
    assert.deepEqual(values, { spo2: [97, 98, 95], hr: [90, 100, 110] });
    assert.deepEqual(times, [10_500, 11_000, 11_500]);
    assert.equal(forecast(forecastTask(), outputs, {}).times, undefined);
  });

  it('undoes what the window was normalised with, and says so where nobody knows', () => {
    const task = forecastTask({ input: { ...input, normalisation: 'window' } });
    const scaling = { centre: [70, 90], spread: [2, 4] };
    const known = forecast(task, outputs, { scaling });
    assert.deepEqual(known.values, { spo2: [90, 92, 86], hr: [72, 74, 76] });
    assert.equal(known.normalised, undefined);
    const unknown = forecast(task, outputs, {});
    const other = { centre: [70], spread: [2] };
    assert.deepEqual(forecast(task, outputs, { scaling: other }), unknown, 'a scaling of other channels');
    assert.deepEqual(unknown.values, { spo2: [0, 0.5, -1], hr: [1, 2, 3] });
    assert.equal(unknown.normalised, true);
    const plain = forecastTask({ input: { ...input, normalisation: 'none' } });
    assert.deepEqual(forecast(plain, outputs, { scaling }).values, unknown.values);
  });
});

/** Gives a window back with its values wrong by about the model's first parameter, channel 0 twice as wrong. */
class Sloppy extends InlineTrainer {
  private error = 0;

  constructor() {
    super(createEngine());
  }
  override async configure() {
    return undefined as never;
  }
  override async setParameters(flat: Float32Array): Promise<void> {
    this.error = Math.abs(flat[0]!);
  }
  override async predict(x: Float32Array): Promise<Float32Array> {
    return x.map((value, i) => {
      const wrong = this.error * (i % 2 === 0 ? 2 : 1) * (1 + 0.2 * Math.sin(9 * value));
      if (Math.abs(value) > 1e9) return Number.NaN;
      return Math.abs(value) > 50 ? 0 : value + wrong;
    });
  }
}

describe('a predictor of anomalies', () => {
  let boss: ScriptedCoordinator;
  let follower: ModelFollower;
  let predictor: Predictor;
  const random = new SeededRandom(3);

  async function make(task: Task): Promise<void> {
    const clock = new VirtualClock();
    const broker = new MemoryBroker();
    boss = new ScriptedCoordinator(broker, clock, task);
    boss.parameters[0] = 1;
    boss.average[0] = 1;
    await boss.start();
    const transport = new MemoryTransport(broker, { client: 'gw' });
    const session = new Session({ transport, federation, id: 'gw', clock, random: new SeededRandom(1) });
    follower = new ModelFollower({ session, clock, random: new SeededRandom(2) });
    predictor = new Predictor({ follower, trainer: new Sloppy(), use: 'current' });
    transport.open();
    predictor.start();
    await follower.start();
    await settled();
    clock.advance(1000);
    await until(() => predictor.serving !== undefined, 'a model');
  }

  afterEach(async () => {
    await predictor.stop();
    await follower.stop();
  });

  async function look(window = Float32Array.from({ length: 16 }, () => random.normal())) {
    const answer: Prediction = await predictor.predict(window);
    assert.ok(answer.kind === 'anomaly');
    return answer;
  }
  async function learn(count: number) {
    for (let i = 0; i < count; i++) await look();
  }
  const wild = () => new Float32Array(16).fill(100);

  it('says how far it is while it learns, and calls nothing an anomaly', async () => {
    await make(anomalyTask());
    await learn(7);
    const { anomaly, threshold, learning, score, errors } = await look(wild());
    assert.deepEqual([anomaly, threshold, learning], [false, undefined, { windows: 7, needed: 50 }]);
    assert.equal(score, 10_000);
    assert.deepEqual(errors, { hr: 10_000, spo2: 10_000 });
  });

  it('then holds every window against the threshold, and shows which channel it was', async () => {
    await make(anomalyTask());
    await learn(50);
    const ordinary = await look(new Float32Array(16));
    assert.equal(ordinary.anomaly, false);
    assert.deepEqual([ordinary.score, ordinary.errors], [2.5, { hr: 4, spo2: 1 }]);
    assert.equal(ordinary.learning, undefined);
    const strange = Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 100 : 0));
    const { anomaly, score, threshold, errors } = await look(strange);
    assert.ok(anomaly && score > threshold!);
    assert.ok(errors['hr']! > 1000 * errors['spo2']!);
  });

  it('calls a window an anomaly that the model can give back no numbers of, and learns nothing of it', async () => {
    await make(anomalyTask());
    const beyond = () => new Float32Array(16).fill(1e10);
    await learn(20);
    for (let i = 0; i < 20; i++) await look(beyond());
    assert.deepEqual((await look()).learning, { windows: 20, needed: 50 });
    await learn(40);
    const { threshold } = await look(beyond());
    for (let i = 0; i < 20; i++) {
      const { anomaly, score, errors } = await look(beyond());
      assert.ok(anomaly);
      assert.deepEqual([score, errors], [Infinity, { hr: Infinity, spo2: Infinity }]);
    }
    assert.equal((await look(beyond())).threshold, threshold);
  });

  it('takes the threshold along to a version that is a little better, without learning it anew', async () => {
    await make(anomalyTask());
    await learn(60);
    const before = (await look()).threshold!;
    // The error of every value falls from 1 to 0.8, that of a window to 0.64 of what it was.
    await boss.publish(-0.2);
    await until(() => predictor.serving?.version === 1, 'version 1');
    const after = await look(new Float32Array(16));
    assert.ok(Math.abs(after.threshold! / before - 0.64) < 0.01, `${before} ${after.threshold}`);
    assert.equal(after.anomaly, false);
  });

  it('learns the threshold anew for a version that is much better, at once or step by step', async () => {
    await make(anomalyTask());
    await learn(60);
    await boss.publish(-0.5);
    await until(() => predictor.serving?.version === 1, 'version 1');
    assert.equal((await look()).learning?.windows, 0);
    await learn(60);
    for (let version = 2; version <= 4; version++) {
      await boss.publish(-0.07);
      await until(() => predictor.serving?.version === version, `version ${version}`);
      await learn(3);
    }
    assert.ok((await look()).learning);
  });

  it('begins anew with another lineage, and does not mind labels', async () => {
    await make(anomalyTask());
    await learn(60);
    await boss.restart(secondLineage, anomalyTask(0.05));
    boss.snapshot('gw');
    await until(() => predictor.serving?.lineage === secondLineage, 'the new lineage');
    assert.deepEqual((await look()).learning, { windows: 0, needed: 32 });
  });
});
