import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finalAccuracy, reach } from '../../../bench/federation/statistics/curve';
import { headline } from '../../../bench/federation/statistics/headline';
import { MixResults, targetShare } from '../../../bench/federation/statistics/mix-results';
import { pairedLoss, pairedRatio } from '../../../bench/federation/statistics/ratios';
import { meanLine } from '../../../bench/federation/tables/plot';
import { ratioTable } from '../../../bench/federation/tables/ratio-table';
import { tables } from '../../../bench/federation/tables/tables';
import { replaceTable } from '../../../bench/federation/tables/write-table';
import { spreadOf } from '../../../bench/support/statistics';
import { outcome } from './outcomes';

const near = (actual: number | null | undefined, expected: number) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-9, `expected ${expected}, got ${actual}`);
const curveOf = (...accuracies: number[]) => outcome({ arm: 'a', accuracies }).result.curve;

describe('a statistic of the federation benchmark', () => {
  it('counts a target as reached when the mean of three judged versions reaches it, not a single one', () => {
    const curve = curveOf(0.9, 0.2, 0.9, 0.2, 0.9, 0.9, 0.9);
    assert.equal(reach(curve, 0.8)?.version, 7);
    assert.equal(reach(curve, 0.95), undefined);
    assert.equal(reach(curveOf(0.9, 0.9), 0.5), undefined, 'two versions are not enough');
  });

  it('takes the mean of the last ten judged versions as the final accuracy', () => {
    near(finalAccuracy(curveOf(0, 0, ...Array(5).fill(0.5), ...Array(5).fill(0.7))), 0.6);
    assert.ok(Number.isNaN(finalAccuracy([])));
  });

  it('pairs ratios by seed, so that a seed that is hard for both does not count', () => {
    const ours = new Map([
      [1, 10],
      [2, 1000],
      [3, 5],
    ]);
    const theirs = new Map([
      [2, 4000],
      [1, 40],
    ]);
    const ratio = pairedRatio(ours, theirs);
    near(ratio?.mean, 0.25);
    near(ratio?.deviation, 0);
    assert.equal(ratio?.runs, 2);
    assert.equal(pairedRatio(ours, new Map()), undefined);
  });

  it('averages twice as fast and twice as slow to a ratio of 1', () => {
    const ratio = pairedRatio(
      new Map([
        [1, 2],
        [2, 1],
      ]),
      new Map([
        [1, 1],
        [2, 2],
      ]),
    );
    near(ratio?.mean, 1);
    near(ratio?.deviation, Math.exp(Math.SQRT2 * Math.LN2) - 1);
  });

  it('is a loss if the other has more, and a deviation that of a sample', () => {
    near(pairedLoss(new Map([[1, 0.7]]), new Map([[1, 0.75]]))?.mean, 0.05);
    near(spreadOf([1, 2, 3]).deviation, 1);
    assert.equal(spreadOf([4]).deviation, 0);
  });
});

describe('a comparison of the federation benchmark', () => {
  const rising = [0.2, 0.4, 0.6, ...Array(10).fill(0.8)];
  const quick = Array(13).fill(0.8);
  const runs = [
    outcome({ arm: 'base', accuracies: rising, peakBytes: 1000, stragglers: 0.8 }),
    outcome({ arm: 'sync', accuracies: rising, second: 0.5, peakBytes: 1000 }),
    outcome({ arm: 'slow sync', accuracies: rising, second: 2 }),
    outcome({ arm: 'buffer', accuracies: quick, second: 1 }),
    outcome({ arm: 'ours', accuracies: quick, second: 0.5, peakBytes: 140, stragglers: 0.77 }),
    outcome({ arm: 'never', accuracies: Array(13).fill(0.5) }),
  ];
  const roles = {
    base: 'base',
    synchronous: ['slow sync', 'sync', 'never'],
    fedbuff: ['never', 'buffer'],
    ours: 'ours',
  };

  it('has a target that is a share of the final accuracy of the base', () => {
    near(new MixResults(runs, 'some', 'base').target, 0.8 * targetShare);
  });

  it('gives a headline of time, bytes, memory and points at the target', () => {
    const { mixes, trainingMemoryVsDense, accuracyLossPoints } = headline(runs, ['some'], roles);
    assert.deepEqual(mixes, [
      {
        mix: 'some',
        // The base reaches the target at its sixth version, ours at its third, and a version of ours takes half the time.
        timeVsFedAvg: 0.25,
        timeVsBestSync: 0.5,
        timeVsFedBuff: 0.5,
        payloadVsFedAvg: 0.5,
        stragglerAccuracyLossPoints: 3,
      },
    ]);
    near(trainingMemoryVsDense, 0.14);
    near(accuracyLossPoints, 0);
  });

  it('has no ratio for an arm that never reaches the target, which is not the fastest either', () => {
    const results = new MixResults(runs, 'some', 'base');
    assert.equal(results.compare('never', 'base').time, undefined);
    assert.equal(results.fastest(['never', 'slow sync']), 'slow sync');
    assert.equal(results.fastest(['never']), undefined);
    const { mixes } = headline(runs, ['some'], { ...roles, ours: 'never' });
    assert.equal(mixes[0]?.timeVsFedAvg, null);
  });

  it('has no ratio if one seed does not reach the target, instead of leaving that seed out', () => {
    const more = [
      ...runs,
      outcome({ arm: 'base', seed: 2, accuracies: rising }),
      outcome({ arm: 'ours', seed: 2, accuracies: Array(13).fill(0.5) }),
    ];
    assert.equal(new MixResults(more, 'some', 'base').compare('ours', 'base').time, undefined);
  });

  it('prints one row for each arm that ran, and marks those that did not reach the target', () => {
    const table = ratioTable(runs, 'base', ['base', 'ours', 'never', 'absent']);
    assert.match(table, /^\*\*some\*\* \(target 77\.6 %\)/);
    assert.match(
      table,
      /\| ours \| 1\.5 \| 0\.25 \| 0\.50 \| 0\.14 \| 80\.0 % \| 77\.0 % \| 50\.0 % \| 2\.0 \|/,
    );
    assert.match(table, /\| never \| not reached \| - \|/);
    assert.doesNotMatch(table, /absent/);
  });
});

describe('the page of the federation benchmark', () => {
  it('gets a table between its marks, and does not change otherwise', () => {
    const page = 'before\n<!-- x -->\nold\n<!-- /x -->\nafter <!-- y --> <!-- /y -->';
    assert.equal(
      replaceTable(page, 'x', 'new'),
      'before\n<!-- x -->\nnew\n<!-- /x -->\nafter <!-- y --> <!-- /y -->',
    );
  });

  it('has one place for every table', () => {
    const pages = ['benchmarks', 'research-log'].map((name) =>
      readFileSync(join(__dirname, '..', '..', '..', 'docs', `${name}.md`), 'utf8'),
    );
    for (const name of Object.keys(tables)) {
      const places = pages.flatMap((page) => page.split('\n').filter((line) => line === `<!-- ${name} -->`));
      assert.equal(places.length, 1, name);
    }
  });

  it('is refused if it has no place for the table', () => {
    assert.throws(() => replaceTable('no marks', 'x', 'new'), /no place for x/);
  });
});

describe('a line of a plot of the federation benchmark', () => {
  it('is the mean over the seeds, from the time when all have begun to the end of the first', () => {
    const slow = outcome({ arm: 'a', accuracies: [0.2, 0.4], second: 2 }).result.curve;
    const fast = outcome({ arm: 'a', accuracies: [0.1, 0.3, 0.5, 0.7, 0.9], second: 1 }).result.curve;
    const line = meanLine([slow, fast], 100);
    assert.deepEqual([line[0]?.seconds, line.at(-1)?.seconds], [2, 4]);
    near(line[0]?.accuracy, (0.2 + 0.3) / 2);
    near(line.at(-1)?.accuracy, (0.4 + 0.7) / 2);
    assert.equal(meanLine([slow, fast], 3).at(-1)?.seconds, 3);
    assert.deepEqual(meanLine([slow], 1), [], 'no version was judged by then');
  });
});
