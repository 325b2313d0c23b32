import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { FtteError, SeededRandom, VirtualClock } from '../../../gateway/platform';
import { PersistedThreshold } from '../../../gateway/prediction/persisted-threshold';
import {
  encodeThreshold,
  type LearnedThreshold,
  readThreshold,
} from '../../../gateway/prediction/threshold-file';
import { secondLineage, until } from '../participant/tools';
import { AnomalyHarness, anomalyTask, wild } from './anomaly-harness';

describe('the threshold of anomalies across a restart', () => {
  let folder: string;
  let file: string;
  let harness: AnomalyHarness;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-threshold-'));
    file = join(folder, 'predict', 'threshold.bin');
  });
  afterEach(async () => {
    await harness?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The threshold of a predictor that has seen the given number of windows and was stopped. */
  async function learned(windows = 60): Promise<number | undefined> {
    harness = await AnomalyHarness.make(anomalyTask(), { thresholdFile: file });
    await harness.learn(windows);
    const { threshold } = await harness.look(wild());
    await harness.stop();
    return threshold;
  }

  it('is there with the first window, and finds anomalies', async () => {
    const before = await learned();
    await harness.start();
    const { anomaly, threshold, learning } = await harness.look(wild());
    assert.deepEqual([anomaly, learning], [true, undefined]);
    // The error of the last window is now one of the errors of the threshold.
    assert.ok(Math.abs(threshold! / before! - 1) < 0.1, `${before} ${threshold}`);
    assert.deepEqual(harness.warnings, []);
  });

  it('is not stored before it is known, nor without a file', async () => {
    await learned(20);
    assert.equal(existsSync(file), false);
    await harness.start();
    assert.deepEqual((await harness.look()).learning, { windows: 0, needed: 50 });
    await harness.stop();
    await harness.start({ thresholdFile: undefined });
    await harness.learn(60);
    await harness.stop();
    assert.equal(existsSync(file), false);
  });

  it('is on disk as soon as it is known, and then every ten minutes, in case the power fails', async () => {
    harness = await AnomalyHarness.make(anomalyTask(), { thresholdFile: file });
    await harness.learn(50);
    await until(() => existsSync(file), 'the file');
    const first = readFileSync(file);
    await harness.learn(5);
    harness.clock.advance(10 * 60_000);
    await harness.learn(1);
    await until(() => !readFileSync(file).equals(first), 'the file written again');
    assert.equal((await readThreshold(file))?.errors.length, 56);
  });

  it('is stored without any value of a window', async () => {
    await learned();
    const kept = await readThreshold(file);
    assert.deepEqual(Object.keys(kept!).sort(), [
      'drift',
      'errors',
      'falseAlarms',
      'lineage',
      'use',
      'version',
    ]);
    // The last window is far from all others, and nothing is learned from it.
    assert.equal(kept!.errors.length, 60);
  });

  const changes: [string, () => Promise<void>][] = [
    [
      'another lineage',
      async () => {
        await harness.coordinator.restart(secondLineage, anomalyTask());
        await harness.start();
      },
    ],
    [
      'another share of false alarms',
      async () => {
        await harness.coordinator.restart(harness.coordinator.lineage, anomalyTask(0.05));
        await harness.start();
      },
    ],
    ['the average in place of the version', () => harness.start({ use: 'average' })],
  ];
  for (const [what, change] of changes) {
    it(`is dropped with ${what}`, async () => {
      await learned();
      await change();
      assert.equal((await harness.look()).learning?.windows, 0);
    });
  }

  it('is kept for a version that arrived meanwhile and is not much different', async () => {
    const before = await learned();
    await harness.coordinator.publish(-0.1);
    await harness.start();
    assert.equal(harness.predictor.serving?.version, 1);
    await harness.learn(40);
    const { threshold } = await harness.look();
    assert.ok(threshold! < 1.1 * before! && threshold! > 0.5 * before!, `${before} ${threshold}`);
  });

  it('is learned again if the first windows show that the version that arrived meanwhile is very different', async () => {
    await learned();
    await harness.coordinator.publish(-0.6);
    await harness.start();
    assert.ok((await harness.look()).threshold);
    await harness.learn(16);
    assert.ok((await harness.look()).learning!.windows >= 16);
  });

  it('is checked by the first windows even if the next version arrives before them', async () => {
    await learned();
    await harness.start();
    await harness.coordinator.publish(-0.6);
    await until(() => harness.predictor.serving?.version === 1, 'version 1');
    await harness.learn(17);
    assert.ok((await harness.look()).learning);
  });

  it('is learned again, and the damage is reported, if the file is damaged', async () => {
    await learned();
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    await harness.start();
    assert.equal((await harness.look()).learning?.windows, 0);
    assert.match(
      harness.warnings.join(),
      /threshold\.bin is damaged \(its checksum differs\).*learned again/,
    );
  });

  it('is reported if it cannot be written, and predictions continue', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'predict'), 'a file where the folder should be');
    harness = await AnomalyHarness.make(anomalyTask(), { thresholdFile: file });
    await harness.learn(60);
    assert.equal((await harness.look(wild())).anomaly, true);
    await until(
      () => harness.warnings.some((text) => /cannot write .*threshold\.bin/.test(text)),
      'a warning',
    );
  });
});

describe('the file of a threshold', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-threshold-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const written = (bytes: Uint8Array) => {
    const path = join(folder, 'threshold.bin');
    writeFileSync(path, bytes);
    return path;
  };
  const example: LearnedThreshold = {
    lineage: '0123456789abcdef',
    version: 3,
    use: 'average',
    falseAlarms: 0.01,
    drift: 1.25,
    errors: Float32Array.of(0.5, 0, 2),
  };

  const persisted = (
    file: string,
    clock: VirtualClock,
    onProblem: (error: FtteError) => void,
    onRecovered: (path: string) => void = () => undefined,
  ) => new PersistedThreshold({ file, clock, random: new SeededRandom(1), onProblem, onRecovered });

  it('is on disk once its writer has stopped', async () => {
    const file = join(folder, 'kept', 'threshold.bin');
    const kept = persisted(file, new VirtualClock(), (error) => assert.fail(error));
    kept.saveSometimes(() => example);
    await kept.stop();
    assert.deepEqual(readdirSync(join(folder, 'kept')), ['threshold.bin']);
  });

  it('is written when its disk can be written again, in its newest form', async () => {
    const blocked = join(folder, 'blocked');
    const file = join(blocked, 'threshold.bin');
    writeFileSync(blocked, 'a file where the folder should be');
    const clock = new VirtualClock();
    const reported: string[] = [];
    const kept = persisted(
      file,
      clock,
      (error) => reported.push(String(error.details.reason)),
      (path) => reported.push(path),
    );
    await kept.save(example);
    await kept.save({ ...example, version: 4 });
    rmSync(blocked);
    clock.step();
    await until(() => reported.length === 2, 'recovery');
    assert.deepEqual(await readThreshold(file), { ...example, version: 4 });
    assert.deepEqual(reported, ['ENOTDIR', file]);
    assert.equal(clock.nextDue, undefined);
    await kept.stop();
  });

  it('gives back what was written', async () => {
    assert.deepEqual(await readThreshold(written(await encodeThreshold(example))), example);
    assert.equal(await readThreshold(join(folder, 'none')), undefined);
  });

  for (const [what, wrong] of [
    ['no errors', { errors: new Float32Array() }],
    ['more errors than any threshold has', { errors: new Float32Array(20_000) }],
    ['an error that is not a number', { errors: Float32Array.of(1, Number.NaN) }],
    ['an error below 0', { errors: Float32Array.of(-1) }],
    ['a drift of 0', { drift: 0 }],
    ['an unknown setting', { windows: [1] }],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      const path = written(await encodeThreshold({ ...example, ...wrong }));
      await assert.rejects(
        readThreshold(path),
        (error) => error instanceof FtteError && error.code === 'storage',
      );
    });
  }

  it('is refused whatever byte is changed, and wherever it is cut', async () => {
    const whole = await encodeThreshold(example);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (at, cut) => {
        const bytes = cut ? whole.slice(0, at) : whole.slice();
        if (!cut) bytes[at]! ^= 0xff;
        await assert.rejects(readThreshold(written(bytes)), FtteError);
      }),
    );
  });
});
