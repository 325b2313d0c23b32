import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { overall, prepare, type ScenarioInput, summaryTables } from '../../../gateway/simulation';
import { runPrepared, smallScenario } from './support';

const people = { people: 5, testPeople: 2, windowsPerPerson: 48 };
const shared: Partial<ScenarioInput> = {
  data: { synthetic: people },
  clients: 6,
  schedule: { kind: 'continuous', concurrency: 3 },
};
/** People who stand or sit are ordinary; who moves is not. */
const ordinary = ['STANDING', 'SITTING', 'LAYING'];
const detection = (changes: Partial<ScenarioInput> = {}) =>
  smallScenario({
    ...shared,
    ordinary,
    task: {
      kind: 'anomaly',
      anomaly: { falseAlarms: 0.1 },
      model: { preset: 'autoencoder1d', size: 'S' },
      training: { learningRate: 0.01, batchSize: 8 },
    },
    stop: { versions: 20 },
    ...changes,
  });
const forecast = (changes: Partial<ScenarioInput> = {}) =>
  smallScenario({
    ...shared,
    task: {
      kind: 'forecast',
      forecast: { horizon: 32 },
      model: { preset: 'mlp', size: 'S' },
      training: { learningRate: 0.05, batchSize: 8 },
    },
    stop: { versions: 20 },
    ...changes,
  });

describe('a simulated federation that finds anomalies', () => {
  it('trains on ordinary windows alone, and reports which share of the others it finds at its false alarms', async () => {
    const prepared = await prepare(detection());
    assert.ok(prepared.training.length > 0);
    assert.ok(prepared.training.every((i) => prepared.isOrdinary?.(i)));
    assert.ok(prepared.judging.some((group) => group.some((i) => !prepared.isOrdinary?.(i))));
    const { summary, versions } = await runPrepared(prepared);
    const [first, last] = [versions[0]!, versions.at(-1)!];
    assert.ok(last.meanSquaredError! < first.meanSquaredError!, `${first.meanSquaredError}`);
    assert.ok(last.detection!.rate > 0.5, `${last.detection!.rate}`);
    assert.ok(last.detection!.falseAlarms <= 0.1);
    assert.equal(last.balancedAccuracy, undefined);
    const rates = versions.slice(-10).map(({ detection: { rate } = { rate: Number.NaN } }) => rate);
    assert.ok(Math.abs(summary.finalDetectionRate! - rates.reduce((a, b) => a + b) / 10) < 1e-9);
    assert.equal(summary.perPerson?.people, 2);
    assert.ok(summary.perPerson.worstTenth >= summary.perPerson.mean);
    assert.deepEqual(summary.targets, []);
  });

  it('reports errors alone if nobody says what is ordinary', async () => {
    const { summary } = await runPrepared(
      await prepare(detection({ ordinary: undefined, stop: { versions: 2 } })),
    );
    assert.equal(summary.finalDetectionRate, undefined);
    assert.ok(summary.finalMeanAbsoluteError! > 0);
    assert.equal(summary.stopped, 'versions');
  });

  it('has a table with the detected share instead of accuracies', async () => {
    const { summary } = await runPrepared(await prepare(detection({ stop: { versions: 2 } })));
    const text = summaryTables([summary], overall([summary]));
    assert.match(text, /\| detected +\| false alarms \| error /);
    assert.doesNotMatch(text, /accuracy|to reach/);
  });

  it('starts from a warm start of ordinary windows', async () => {
    const prepared = await prepare(detection({ warmStart: { people: 1, epochs: 2 }, stop: { versions: 2 } }));
    const { summary } = await runPrepared(prepared);
    assert.ok(prepared.warmStart!.fed.every((i) => prepared.isOrdinary?.(i)));
    assert.ok(summary.warmStart!.trainedOn > 0);
  });

  it('refuses ordinary labels that the data does not have, and those of another kind of task', async () => {
    await assert.rejects(
      prepare(detection({ ordinary: ['flying'] })),
      /ordinary: expected some of .*, got "flying"/,
    );
    await assert.rejects(
      prepare(smallScenario({ ...shared, ordinary })),
      /ordinary: expected nothing, or a task of kind anomaly instead of classification/,
    );
  });
});

describe('a simulated federation that forecasts', () => {
  it('predicts the last readings of each window, and reports its skill against persistence', async () => {
    const prepared = await prepare(forecast({ stop: { versions: 40 } }));
    const { length, channels } = prepared.task.input;
    assert.equal(length, 96);
    assert.deepEqual(prepared.task.labels, []);
    assert.equal(prepared.model.outputs, 32 * channels.length);
    assert.equal(prepared.examples.size, 128 * channels.length);
    const { summary, versions } = await runPrepared(prepared);
    assert.ok(
      versions.at(-1)!.skill! > versions[0]!.skill!,
      `${versions[0]!.skill} to ${versions.at(-1)!.skill}`,
    );
    assert.ok(summary.finalSkill! > 0, `${summary.finalSkill}`);
    assert.match(summaryTables([summary], overall([summary])), /\| skill +\| error /);
  });

  it('gives the same bits on any number of threads, for windows that are dealt out by label, too', async () => {
    const prepared = await prepare(
      forecast({ partition: { kind: 'dirichlet', alpha: 0.5 }, stop: { versions: 3 } }),
    );
    assert.deepEqual(await runPrepared(prepared, 1, 2), await runPrepared(prepared, 1, 0));
  });

  it('learns from a file without labels', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ftte-kinds-'));
    try {
      const rows = Array.from({ length: 2000 }, (_, i) => `${i / 10},${Math.sin(i / 4).toFixed(4)}`);
      await writeFile(join(folder, 'wave.csv'), ['time,level', ...rows].join('\n'));
      const data = { csv: join(folder, 'wave.csv'), length: 64, hop: 16, rateHz: 10 };
      for (const partition of [{ kind: 'shards' }, { kind: 'dirichlet', alpha: 1 }] as const) {
        const prepared = await prepare(forecast({ data, partition, clients: 4, stop: { versions: 20 } }));
        const { summary } = await runPrepared(prepared);
        assert.ok(summary.finalSkill! > 0.3, `${summary.finalSkill}`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses what has no meaning without labels, and a horizon that leaves no window', async () => {
    await assert.rejects(
      prepare(forecast({ evaluation: { federated: true } })),
      /evaluation.federated: expected false for a task of kind forecast, got true/,
    );
    await assert.rejects(
      prepare(forecast({ stop: { versions: 2, targetAccuracy: 0.9 } })),
      /stop.targetAccuracy: expected nothing, because a task of kind forecast has no accuracy, got 0.9/,
    );
    await assert.rejects(
      prepare(forecast({ task: { kind: 'forecast', forecast: { horizon: 128 } } })),
      /task.forecast.horizon: expected fewer than the 128 readings .*, got 128/,
    );
  });
});
