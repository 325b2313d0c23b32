import assert from 'node:assert/strict';
import {
  createPool,
  overall,
  prepare,
  type RunResult,
  type ScenarioInput,
  simulateSeed,
  summaryTables,
  type VersionRecord,
} from '../../../gateway/simulation';
import { runPrepared, smallScenario } from './support';

const run = async (changes: Partial<ScenarioInput> = {}) =>
  runPrepared(await prepare(smallScenario(changes)));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('a simulated federation', () => {
  it('gives the same bits on any number of threads', async () => {
    const prepared = await prepare(
      smallScenario({
        budgets: [
          { share: 0.5, bytes: 15_000 },
          { share: 0.5, bytes: 'dense' },
        ],
        availability: { dropout: 0.1, offline: { everyMs: 400, forMs: 100 } },
        network: { upBytesPerSecond: 10_000, downBytesPerSecond: 50_000, latencyMs: 5 },
      }),
    );
    const [none, one, three] = [
      await runPrepared(prepared, 1, 0),
      await runPrepared(prepared, 1, 1),
      await runPrepared(prepared, 1, 3),
    ];
    assert.equal(none.versions.length, 6);
    assert.deepEqual(one, none);
    assert.deepEqual(three, none);
    const other = await runPrepared(prepared, 2, 0);
    assert.notDeepEqual(other.parameters, none.parameters);
  });

  it('learns, because the engine really trains', async () => {
    const { summary, versions } = await run({ stop: { versions: 60 }, evaluation: { model: 'current' } });
    const [first, last] = [versions[0] as VersionRecord, versions[59] as VersionRecord];
    assert.ok((last.loss ?? 9) < (first.loss ?? 0) - 0.2, `${first.loss} to ${last.loss}`);
    // With six labels, chance is one sixth.
    assert.ok((summary.finalAccuracy ?? 0) > 0.3, `${summary.finalAccuracy}`);
    assert.deepEqual(
      versions.map(({ version }) => version),
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
  });

  it('counts every byte of every update, and the bytes that each client received', async () => {
    const { summary, versions } = await run({ schedule: { kind: 'rounds', clients: 4 } });
    // All updates of a round are in its version, so no update is in transit when the last version is made.
    assert.equal(summary.bytesByType['update']?.up, sum(versions.map(({ updateBytes }) => updateBytes)));
    assert.equal(summary.uploads, 24);
    const types = Object.values(summary.bytesByType);
    assert.equal(sum(types.map(({ up }) => up)), summary.bytesUp);
    assert.equal(sum(types.map(({ down }) => down)), summary.bytesDown);
    // Each client receives a snapshot at the start, then patches.
    assert.ok(summary.bytesDownPerClient.max >= summary.bytesDownPerClient.mean);
    assert.ok(
      (summary.bytesByType['patch']?.down ?? 0) >= 12 * sum(versions.slice(0, -1).map((v) => v.patchBytes)),
    );
  });

  it('trains with differential privacy until all budgets are spent, with the same bits each time', async () => {
    const privacy = { level: 'record', rounds: 3, epsilon: 4 };
    const task = { ...smallScenario().task, privacy };
    const [one, other] = [
      await run({ task, stop: { versions: 40 } }),
      await run({ task, stop: { versions: 40 } }),
    ];
    assert.equal(one.summary.stopped, 'idle');
    assert.equal(one.summary.uploads, 12 * 3);
    assert.deepEqual(one.parameters, other.parameters);
  });

  it('starts every member of a round from the newest version', async () => {
    const { summary } = await run({ schedule: { kind: 'rounds', clients: 5 }, network: { latencyMs: 20 } });
    assert.deepEqual(summary.ages, { mean: 0, max: 0, histogram: [30] });
  });

  it('accepts the fast and refuses the late if it over-selects', async () => {
    const { summary } = await run({ schedule: { kind: 'rounds', clients: 4, overSelection: 0.5 } });
    assert.equal(summary.ages.max, 0);
    assert.ok((summary.rejected['too-old'] ?? 0) > 0);
    assert.ok(summary.stragglers.contributions < summary.stragglers.share);
  });

  it('has old contributions if it does not wait for stragglers', async () => {
    const { summary } = await run({ task: asynchronous(3), stop: { versions: 20 } });
    assert.ok(summary.ages.max >= 2, `${summary.ages.max}`);
    // What fast clients send while a version waits for others is in it, too.
    assert.ok(sum(summary.ages.histogram) >= 60, `${sum(summary.ages.histogram)}`);
  });

  it('takes as long as the slowest members of its synchronous rounds', async () => {
    const step = { kind: 'fixed', ms: 10 } as const;
    const delay = { kind: 'stragglers', share: 0, jitter: 0, step } as const;
    const { versions } = await run({
      delay,
      schedule: { kind: 'rounds', clients: 12 },
      stop: { versions: 3 },
      samplesPerClient: 5,
    });
    // Four samples per client train: one batch of four, two epochs, no network.
    assert.deepEqual(
      versions.map(({ timeMs }) => Math.round(timeMs)),
      [20, 40, 60],
    );
  });

  it('takes longer if the network is slow', async () => {
    const task = { ...asynchronous(3), encoding: { update: 'float32', patch: 'float32' } };
    const [fast, slow] = [
      await run({ task }),
      await run({ task, network: { upBytesPerSecond: 1000, downBytesPerSecond: 100_000 } }),
    ];
    assert.ok(slow.summary.virtualMs > 2 * fast.summary.virtualMs);
    assert.equal(slow.summary.versions, fast.summary.versions);
  });

  it('continues with synchronous rounds when rounds are lost', async () => {
    const { summary } = await run({
      schedule: { kind: 'rounds', clients: 4 },
      availability: { dropout: 0.3 },
    });
    assert.equal(summary.stopped, 'versions');
    assert.ok(summary.lostRounds > 0);
    assert.equal(summary.uploads, 24);
  });

  it('brings gateways that were offline to the newest version, and accepts their updates', async () => {
    const interrupted = await run({
      availability: { offline: { everyMs: 150, forMs: 100 } },
      task: asynchronous(3),
      stop: { versions: 25 },
    });
    const { summary } = interrupted;
    assert.equal(summary.stopped, 'versions');
    // A gateway that is offline misses patches and asks for them.
    const steady = await run({ task: asynchronous(3), stop: { versions: 25 } });
    const syncBytes = ({ summary: { bytesByType } }: RunResult) => bytesByType['sync']?.up ?? 0;
    assert.ok(syncBytes(interrupted) > syncBytes(steady));
    assert.deepEqual(Object.keys(summary.problems), []);
  });

  it('takes in clients that join later, and continues without those that leave', async () => {
    const all = { share: 1, untilMs: 3000 };
    const { versions, summary } = await run({
      availability: { joiners: { share: 0.6, untilMs: 500 }, leavers: { ...all, fromMs: 1500 } },
      task: asynchronous(2),
      stop: { virtualMs: 20_000 },
    });
    const before = new Set(versions.filter(({ timeMs }) => timeMs < 200).flatMap(({ clients }) => clients));
    const ever = new Set(versions.flatMap(({ clients }) => clients));
    assert.ok(ever.size > before.size);
    assert.ok(versions.every(({ timeMs }) => timeMs < 4000));
    assert.ok(summary.stopped === 'idle' || summary.stopped === 'time', summary.stopped);
  });

  it('stops if every update is too large, so that no round leads to a version, and reports why', async () => {
    const task = asynchronous(2);
    const { summary } = await run({
      task: { ...task, aggregation: { ...task.aggregation, maxNorm: 0.001 } },
      stop: { versions: 1_000_000 },
    });
    assert.equal(summary.stopped, 'stalled');
    assert.ok((summary.rejected['norm-exceeded'] ?? 0) > 100, JSON.stringify(summary.rejected));
    assert.match(
      summaryTables([summary], overall([summary])),
      /Seed 1 stalled after version \d+: \d+ updates refused \(norm-exceeded\).*training\.learningRate/,
    );
  });

  it('ends at the target, the time or the number of versions, whichever comes first', async () => {
    const evaluation = { targets: [0.01], meanOver: 1 };
    const target = await run({ evaluation, stop: { versions: 50, targetAccuracy: 0.05 } });
    assert.equal(target.summary.stopped, 'target');
    assert.ok(target.summary.targets.every(({ reached }) => reached !== null));
    const time = await run({ stop: { virtualMs: 300 } });
    assert.equal(time.summary.stopped, 'time');
    assert.ok(time.versions.every(({ timeMs }) => timeMs <= 300));
  });

  it('judges only every nth version, and takes means over those', async () => {
    const { versions } = await run({ evaluation: { everyVersions: 3, meanOver: 2 }, stop: { versions: 9 } });
    assert.deepEqual(
      versions.flatMap(({ version, accuracy }) => (accuracy === undefined ? [] : [version])),
      [3, 6, 9],
    );
    const [third, sixth, ninth] = [versions[2], versions[5], versions[8]];
    assert.equal(third?.meanAccuracy, third?.accuracy);
    assert.equal(ninth?.meanAccuracy, ((sixth?.accuracy ?? 0) + (ninth?.accuracy ?? 0)) / 2);
  });

  it('gives gateways with less memory a smaller plan within their budget', async () => {
    const budgets = [
      { share: 0.5, bytes: 15_000 },
      { share: 0.5, bytes: 'dense' as const },
    ];
    const { summary } = await run({ budgets });
    assert.equal(summary.plans.length, 2);
    for (const { peakBytes, budgetBytes } of summary.plans) assert.ok(peakBytes <= budgetBytes);
    assert.ok((summary.plans[0]?.peakBytes ?? 0) < (summary.plans[1]?.peakBytes ?? 0));
  });

  it('keeps its results when it is interrupted', async () => {
    const prepared = await prepare(smallScenario({ stop: { versions: 1000 } }));
    const pool = createPool({ threads: 0, examples: prepared.examples });
    const stop = new AbortController();
    const { summary, versions } = await simulateSeed(prepared, 1, {
      pool,
      signal: stop.signal,
      onVersion: ({ version }) => {
        if (version === 4) stop.abort();
      },
    });
    await pool.close();
    assert.equal(summary.stopped, 'interrupted');
    assert.equal(versions.length, 4);
  });
});

function asynchronous(bufferSize: number) {
  const { task } = smallScenario();
  return { ...task, aggregation: { bufferSize } };
}
