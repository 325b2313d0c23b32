import assert from 'node:assert/strict';
import { secondLineage, until } from '../participant/tools';
import { AnomalyHarness, anomalyTask, wild } from './anomaly-harness';

describe('a predictor of anomalies', () => {
  let harness: AnomalyHarness;
  afterEach(() => harness.stop());

  it('reports its progress while it learns, and reports no anomaly', async () => {
    harness = await AnomalyHarness.make(anomalyTask());
    await harness.learn(7);
    const { anomaly, threshold, learning, score, errors } = await harness.look(wild());
    assert.deepEqual([anomaly, threshold, learning], [false, undefined, { windows: 7, needed: 50 }]);
    assert.equal(score, 10_000);
    assert.deepEqual(errors, { hr: 10_000, spo2: 10_000 });
  });

  it('then compares every window with the threshold, and reports the error of each channel', async () => {
    harness = await AnomalyHarness.make(anomalyTask());
    await harness.learn(50);
    const ordinary = await harness.look(new Float32Array(16));
    assert.equal(ordinary.anomaly, false);
    assert.deepEqual([ordinary.score, ordinary.errors], [2.5, { hr: 4, spo2: 1 }]);
    assert.equal(ordinary.learning, undefined);
    const strange = Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 100 : 0));
    const { anomaly, score, threshold, errors } = await harness.look(strange);
    assert.ok(anomaly && score > threshold!);
    assert.ok(errors['hr']! > 1000 * errors['spo2']!);
  });

  it('reports an anomaly if the model gives no numbers for a window, and does not learn from it', async () => {
    harness = await AnomalyHarness.make(anomalyTask());
    const beyond = () => new Float32Array(16).fill(1e10);
    await harness.learn(20);
    for (let i = 0; i < 20; i++) await harness.look(beyond());
    assert.deepEqual((await harness.look()).learning, { windows: 20, needed: 50 });
    await harness.learn(40);
    const { threshold } = await harness.look(beyond());
    for (let i = 0; i < 20; i++) {
      const { anomaly, score, errors } = await harness.look(beyond());
      assert.ok(anomaly);
      assert.deepEqual([score, errors], [Infinity, { hr: Infinity, spo2: Infinity }]);
    }
    assert.equal((await harness.look(beyond())).threshold, threshold);
  });

  it('scales the threshold for a version that is a little better, without learning it again', async () => {
    harness = await AnomalyHarness.make(anomalyTask());
    const { coordinator } = harness;
    await harness.learn(60);
    const before = (await harness.look()).threshold!;
    // The error of every value falls from 1 to 0.8, so the error of a window falls to 0.64 of its value.
    await coordinator.publish(-0.2);
    await until(() => harness.predictor.serving?.version === 1, 'version 1');
    const after = await harness.look(new Float32Array(16));
    assert.ok(Math.abs(after.threshold! / before - 0.64) < 0.01, `${before} ${after.threshold}`);
    assert.equal(after.anomaly, false);
  });

  it('learns the threshold again for a version that is much better, at once or step by step', async () => {
    harness = await AnomalyHarness.make(anomalyTask());
    const { coordinator } = harness;
    await harness.learn(60);
    await coordinator.publish(-0.5);
    await until(() => harness.predictor.serving?.version === 1, 'version 1');
    assert.equal((await harness.look()).learning?.windows, 0);
    await harness.learn(60);
    for (let version = 2; version <= 4; version++) {
      await coordinator.publish(-0.07);
      await until(() => harness.predictor.serving?.version === version, `version ${version}`);
      await harness.learn(3);
    }
    assert.ok((await harness.look()).learning);
  });

  /** A window that no version reconstructs. */
  const broken = () => new Float32Array(16).fill(60);

  it('finds what is broken while the threshold is learned again, and does not learn from it', async () => {
    harness = await AnomalyHarness.make(anomalyTask());
    await harness.learn(60);
    const before = (await harness.look()).threshold!;
    await harness.coordinator.publish(-0.5);
    await until(() => harness.predictor.serving?.version === 1, 'version 1');
    for (let i = 0; i < 40; i++) {
      const { anomaly, learning, threshold } = await harness.look(broken());
      assert.deepEqual([anomaly, learning], [true, undefined]);
      // Four times the threshold, whose errors are a quarter of what they were.
      assert.ok(Math.abs(threshold! / before - 1) < 0.05, `${before} ${threshold}`);
    }
    assert.equal((await harness.look()).learning?.windows, 0);
    await harness.learn(60);
    const { threshold, anomaly } = await harness.look();
    assert.equal(anomaly, false);
    assert.ok(threshold! < 0.4 * before, `${before} ${threshold}`);
  });

  it('does not get used to a fault of a hundred windows, but to what stays', async () => {
    harness = await AnomalyHarness.make(anomalyTask());
    await harness.learn(60);
    const before = (await harness.look()).threshold!;
    for (let i = 0; i < 100; i++) assert.equal((await harness.look(broken())).anomaly, true, `window ${i}`);
    const after = await harness.look();
    assert.equal(after.anomaly, false);
    assert.ok(after.threshold! < 1.2 * before, `${before} ${after.threshold}`);
    let windows = 0;
    while ((await harness.look(broken())).anomaly && windows < 2000) windows++;
    assert.ok(windows > 100 && windows < 1000, `ordinary after ${windows} windows`);
  });

  it('starts again with another lineage, and ignores labels', async () => {
    harness = await AnomalyHarness.make(anomalyTask());
    const { coordinator } = harness;
    await harness.learn(60);
    await coordinator.restart(secondLineage, anomalyTask(0.05));
    coordinator.snapshot('gw');
    await until(() => harness.predictor.serving?.lineage === secondLineage, 'the new lineage');
    assert.deepEqual((await harness.look()).learning, { windows: 0, needed: 32 });
  });
});
