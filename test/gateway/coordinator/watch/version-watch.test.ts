import assert from 'node:assert/strict';
import type { VersionReport } from '../../../../gateway/coordinator';
import { FederatedEvaluation } from '../../../../gateway/coordinator/evaluation/federated/federated-evaluation';
import { VersionWatch } from '../../../../gateway/coordinator/watch/version-watch';
import type { Notice } from '../../../../gateway/platform';
import { parseTask, type TaskInput } from '../../../../gateway/task';

const base: TaskInput = {
  name: 'test',
  input: { channels: [{ name: 'x' }], rateHz: 50, length: 32, hop: 16 },
  labels: ['idle', 'shake'],
  model: { preset: 'mlp', size: 'S' },
};

type Average = NonNullable<VersionReport['average']>;

const quality = (balancedAccuracy: number, loss: number, more: Partial<Average> = {}): Average => ({
  ...{ balancedAccuracy, loss, chance: 0.5, balancedAccuracyNoise: 0.05, windows: 200 },
  ...more,
});

const report = (version: number, more: Partial<VersionReport>): VersionReport => ({
  ...{ lineage: 'l', version, modelKey: 'k', current: undefined, average: undefined, best: undefined },
  ...{ contributions: [], cause: 'full', updateBytes: 0, patchBytes: 0, gatewaysOnline: 2, durationMs: 1 },
  ...more,
});

const byGateways = (version: number, lossBefore: number) =>
  report(version, {
    contributions: [
      ...[1, 2].map((age) => ({
        ...{ gateway: `g${age}`, samples: 10, age, variance: 0, weight: 0.5, bytes: 1, trainedShare: 1 },
        lossBefore,
      })),
    ],
  });

/** A version that a gateway has measured on windows that it holds out: `counts` and `right` by label. */
const onWindowsOfGateways = (version: number, counts: number[], right: number[]) => {
  const federated = new FederatedEvaluation(parseTask(base), 10);
  const windows = counts.reduce((sum, count) => sum + count, 0);
  federated.take('g1', version, { windows, loss: 0.69, counts, right });
  return report(version, { federated: federated.quality(version) });
};

const best = { version: 4, balancedAccuracy: 0.9 };

describe('a watched model', () => {
  let said: Omit<Notice, 'count'>[];
  let wentTo: number[];
  let paused: number;
  let fails: Error | undefined;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const watchOf = (task: object = {}) => {
    [said, wentTo, paused, fails] = [[], [], 0, undefined];
    return new VersionWatch({
      task: parseTask({ ...base, ...task }),
      say: (notice) => said.push(notice),
      rollback: async (version) => {
        if (fails) throw fails;
        wentTo.push(version);
        return 100 + wentTo.length;
      },
      pause: () => {
        paused++;
      },
    });
  };
  const codes = () => said.map(({ code }) => code);

  it('that learns is left alone', () => {
    const watch = watchOf();
    for (let version = 1; version <= 60; version++)
      watch.take(report(version, { average: quality(0.5 + version / 150, 1 / version), best }));
    assert.deepEqual([said, wentTo, paused], [[], [], 0]);
  });

  it('goes back to the best version after three bad ones in a row, and says why', async () => {
    const watch = watchOf();
    watch.take(report(4, { average: quality(0.9, 0.3), best }));
    for (const [version, loss] of [5, 0.4, 5, Number.NaN].entries())
      watch.take(report(5 + version, { average: quality(loss < 1 ? 0.88 : 0.5, loss), best }));
    assert.deepEqual(wentTo, []);
    watch.take(report(9, { average: quality(0.5, 8), best }));
    await settle();
    assert.deepEqual(wentTo, [4]);
    const diverged = said.find(({ code }) => code === 'diverged');
    assert.match(
      diverged?.text ?? '',
      /diverged at version 9: .* is 8, and was 0.3; it went back to version 4 as version 101/,
    );
  });

  it('is not taken for diverged while its accuracy holds, however sure of itself it is', async () => {
    const watch = watchOf();
    watch.take(report(4, { average: quality(0.9, 0.1), best }));
    for (let version = 5; version < 20; version++)
      watch.take(report(version, { average: quality(0.87, 9), best }));
    await settle();
    assert.deepEqual([wentTo, codes()], [[], []]);
  });

  it('pauses when going back three times did not help, and says what to do', async () => {
    const watch = watchOf();
    let version = 4;
    for (let time = 0; time < 4; time++) {
      watch.take(report(version++, { average: quality(0.9, 0.3), best }));
      for (let i = 0; i < 3; i++) watch.take(report(version++, { average: quality(0.5, 50), best }));
      await settle();
    }
    assert.deepEqual([wentTo, paused], [[4, 4, 4], 1]);
    const last = said.filter(({ code }) => code === 'diverged').at(-1);
    assert.equal(last?.level, 'error');
    assert.match(last?.text ?? '', /going back 3 times did not help, so the coordinator is paused: .*resume/);
  });

  it('pauses if it cannot go back', async () => {
    const watch = watchOf();
    fails = new Error('version 4 is not kept');
    watch.take(report(4, { average: quality(0.9, 0.3), best }));
    for (let version = 5; version < 8; version++)
      watch.take(report(version, { average: quality(0.5, 50), best }));
    await settle();
    assert.equal(paused, 1);
    assert.match(said.at(-1)?.text ?? '', /going back to version 4 failed \(version 4 is not kept\)/);
  });

  it('goes by the losses of gateways while there are no held-out windows', async () => {
    const watch = watchOf();
    for (let version = 1; version <= 20; version++) watch.take(byGateways(version, 1 / version));
    // The youngest contribution to version 20 began at version 18, and measured it.
    assert.deepEqual(watch.kept, [18, 20]);
    for (let version = 21; version <= 32; version++) watch.take(byGateways(version, 6));
    await settle();
    assert.deepEqual(wentTo, [18]);
    assert.match(said.at(-1)?.text ?? '', /the loss before rounds of gateways is 6, and was 0\.0/);
  });

  it('is not sent back by what a minority of gateways claims, nor by claims that do not count', async () => {
    const watch = watchOf();
    const claims = (version: number, hostile: number) => {
      const { contributions, ...rest } = byGateways(version, 0.4);
      const [one] = contributions;
      const claim = { ...one!, gateway: 'h', samples: 1e9, lossBefore: hostile };
      const quarantined = ['q1', 'q2', 'q3'].map((gateway) => ({ ...claim, gateway, weight: 0 }));
      return { ...rest, contributions: [...contributions, claim, ...quarantined] };
    };
    for (let version = 1; version <= 100; version++)
      watch.take(claims(version, version < 20 ? 0 : version < 40 ? 1.2 : 1e12));
    await settle();
    assert.deepEqual([wentTo, paused, codes().includes('diverged')], [[], 0, false]);
  });

  it('counts earlier times no more after 200 versions', async () => {
    const watch = watchOf();
    for (let time = 0, version = 4; time < 5; time++, version += 210) {
      watch.take(report(version, { average: quality(0.9, 0.3), best }));
      for (let i = 1; i <= 3; i++) watch.take(report(version + i, { average: quality(0.5, 50), best }));
      await settle();
    }
    assert.deepEqual([wentTo, paused], [[4, 4, 4, 4, 4], 0]);
  });

  it('that is worse than the version before by more than noise is reported, and by less is not', () => {
    const watch = watchOf();
    for (const [version, accuracy] of [0.9, 0.84, 0.7].entries())
      watch.take(report(version + 1, { average: quality(accuracy, 0.3), best }));
    assert.deepEqual(codes(), ['version-worse']);
    assert.match(said[0]?.text ?? '', /version 3 is worse than version 2 .*0\.70 after 0\.84 on 200/);
  });

  it('that gives one label to all windows for long is reported, with the rate that is too large', () => {
    const rule = { kind: 'fadas', learningRate: 0.1 };
    const watch = watchOf({ aggregation: { rule } });
    for (let version = 1; version <= 19; version++)
      watch.take(report(version, { average: quality(0.5, 3, { onlyPrediction: 'idle' }) }));
    // The rate itself is named with the first version.
    assert.deepEqual(codes(), ['rate-large']);
    watch.take(report(20, { average: quality(0.5, 3, { onlyPrediction: 'idle' }) }));
    assert.deepEqual(codes(), ['rate-large', 'one-label']);
    assert.match(
      said[1]?.text ?? '',
      /all 200 .* as "idle".*aggregation\.rule\.learningRate is 0\.1, and 0\.001 is usual/,
    );
  });

  it('that is no better than guessing for long is reported, by held-out windows or by losses', () => {
    const held = watchOf();
    for (let version = 1; version <= 20; version++)
      held.take(report(version, { average: quality(0.52, 0.7) }));
    assert.deepEqual(codes(), ['no-better']);
    const losses = watchOf();
    for (let version = 1; version <= 20; version++) losses.take(byGateways(version, 0.7));
    assert.deepEqual(codes(), ['no-better']);
    const fine = watchOf();
    for (let version = 1; version <= 30; version++) fine.take(byGateways(version, 0.68));
    assert.deepEqual(codes(), []);
  });

  it('that is no better than guessing on windows of gateways is reported without others, after 20 versions', () => {
    const watch = watchOf();
    for (let version = 1; version <= 19; version++)
      watch.take(onWindowsOfGateways(version, [50, 50], [24, 28]));
    assert.deepEqual(codes(), []);
    watch.take(onWindowsOfGateways(20, [50, 50], [24, 28]));
    assert.deepEqual(codes(), ['no-better']);
    assert.match(
      said[0]?.text ?? '',
      /^the model is no better than guessing after 20 versions: check the labels/,
    );
  });

  it('that recognises one label only on windows of gateways is reported, with that label', () => {
    const watch = watchOf();
    for (let version = 1; version <= 20; version++)
      watch.take(onWindowsOfGateways(version, [90, 9], [90, 0]));
    assert.deepEqual(codes(), ['one-label']);
    assert.match(
      said[0]?.text ?? '',
      /^of 99 windows that gateways hold out, all of "idle" are recognised and no others, for 20 versions: check/,
    );
  });

  it('that is better than guessing on windows of gateways is left alone, whatever the losses', () => {
    const watch = watchOf();
    for (let version = 1; version <= 60; version++) {
      const { federated } = onWindowsOfGateways(version, [200, 200], [120, 120]);
      watch.take({ ...byGateways(version, 0.7), federated });
    }
    assert.deepEqual(codes(), []);
  });

  it('is not said to guess by a few windows of gateways', () => {
    const watch = watchOf();
    for (let version = 1; version <= 60; version++)
      watch.take(onWindowsOfGateways(version, [60, 1], [60, 0]));
    for (let version = 61; version <= 120; version++)
      watch.take(onWindowsOfGateways(version, [6, 6], [4, 3]));
    assert.deepEqual(codes(), []);
  });

  it('that is perfect on held-out windows of one label is not said to guess, but that they judge nothing, once', async () => {
    const watch = watchOf();
    const perfect = quality(1, 0.01, { chance: 1, recalls: { idle: 1 } });
    for (let version = 1; version <= 4; version++) watch.take(report(version, { average: perfect }));
    assert.deepEqual(codes(), []);
    for (let version = 5; version <= 60; version++) watch.take(report(version, { average: perfect }));
    assert.deepEqual(codes(), ['held-out-one-label']);
    assert.match(
      said[0]?.text ?? '',
      /^all 200 held-out windows have the label "idle": .*: add held-out windows of the other labels$/,
    );
    // A model that learns the other labels gets worse on this one.
    for (let version = 61; version <= 70; version++)
      watch.take(report(version, { average: { ...perfect, balancedAccuracy: 0.4, loss: 9 } }));
    await settle();
    assert.deepEqual([wentTo, paused, codes()], [[], 0, ['held-out-one-label']]);
  });

  it('on windows of gateways that all have one label is said to be judged by nothing, until others come', () => {
    const watch = watchOf();
    for (let version = 1; version <= 30; version++)
      watch.take(onWindowsOfGateways(version, [25, 0], [25, 0]));
    assert.deepEqual(codes(), ['held-out-one-label']);
    assert.match(
      said[0]?.text ?? '',
      /^all 25 windows that gateways hold out have the label "idle": .*: look at what sets the labels/,
    );
    watch.take(onWindowsOfGateways(31, [25, 25], [25, 25]));
    for (let version = 32; version <= 36; version++)
      watch.take(onWindowsOfGateways(version, [25, 0], [25, 0]));
    assert.deepEqual(codes(), ['held-out-one-label', 'held-out-one-label']);
  });
});
