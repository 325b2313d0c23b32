import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MixResults, targetShare } from '../../../bench/support/federation/compare';
import { finalAccuracy, reach } from '../../../bench/support/federation/curve';
import { headline } from '../../../bench/support/federation/headline';
import { pairedLoss, pairedRatio, spreadOf } from '../../../bench/support/federation/ratios';
import { meanLine } from '../../../bench/support/federation/tables/plot';
import { ratioTable } from '../../../bench/support/federation/tables/ratio-table';
import { tables } from '../../../bench/support/federation/tables/tables';
import { replaceTable } from '../../../bench/support/federation/tables/write-table';
import { outcome } from './outcomes';

const near = (actual: number | null | undefined, wanted: number) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - wanted) < 1e-9, `${actual} is not ${wanted}`);
const curveOf = (...accuracies: number[]) => outcome({ arm: 'a', accuracies }).result.curve;

describe('federation benchmark: statistics', () => {
  it('a target is reached where the mean of three judged versions is there, not where one of them is', () => {
    const curve = curveOf(0.9, 0.2, 0.9, 0.2, 0.9, 0.9, 0.9);
    assert.equal(reach(curve, 0.8)?.version, 7);
    assert.equal(reach(curve, 0.95), undefined);
    assert.equal(reach(curveOf(0.9, 0.9), 0.5), undefined, 'two versions are no window');
  });

  it('the final accuracy is the mean of the last ten judged versions', () => {
    near(finalAccuracy(curveOf(0, 0, ...Array(5).fill(0.5), ...Array(5).fill(0.7))), 0.6);
    assert.ok(Number.isNaN(finalAccuracy([])));
  });

  it('ratios are paired by seed: what makes a seed hard for both does not count', () => {
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

  it('twice as fast and twice as slow are even', () => {
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

  it('a loss is what the other has more, and a spread the deviation of a sample', () => {
    near(pairedLoss(new Map([[1, 0.7]]), new Map([[1, 0.75]]))?.mean, 0.05);
    near(spreadOf([1, 2, 3]).deviation, 1);
    assert.equal(spreadOf([4]).deviation, 0);
  });
});

describe('federation benchmark: comparisons', () => {
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

  it('the target is a share of what the base ends with', () => {
    near(new MixResults(runs, 'some', 'base').target, 0.8 * targetShare);
  });

  it('the headline is measured at the target: time, bytes, memory, points', () => {
    const { mixes, trainingMemoryVsDense, accuracyLossPoints } = headline(runs, ['some'], roles);
    assert.deepEqual(mixes, [
      {
        mix: 'some',
        // Base at its sixth version, ours at its third, which takes half the time.
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

  it('who never reaches the target has no ratio, and is not the best rival', () => {
    const results = new MixResults(runs, 'some', 'base');
    assert.equal(results.compare('never', 'base').time, undefined);
    assert.equal(results.fastest(['never', 'slow sync']), 'slow sync');
    assert.equal(results.fastest(['never']), undefined);
    const { mixes } = headline(runs, ['some'], { ...roles, ours: 'never' });
    assert.equal(mixes[0]?.timeVsFedAvg, null);
  });

  it('one seed that does not get there takes the ratio away, rather than being left out of it', () => {
    const more = [
      ...runs,
      outcome({ arm: 'base', seed: 2, accuracies: rising }),
      outcome({ arm: 'ours', seed: 2, accuracies: Array(13).fill(0.5) }),
    ];
    assert.equal(new MixResults(more, 'some', 'base').compare('ours', 'base').time, undefined);
  });

  it('a table has a row for each arm that ran, and says who was not there', () => {
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

describe('federation benchmark: the page', () => {
  it('a table is put between its marks, and nothing else changes', () => {
    const page = 'before\n<!-- x -->\nold\n<!-- /x -->\nafter <!-- y --> <!-- /y -->';
    assert.equal(
      replaceTable(page, 'x', 'new'),
      'before\n<!-- x -->\nnew\n<!-- /x -->\nafter <!-- y --> <!-- /y -->',
    );
  });

  it('every table has one place in the docs', () => {
    const pages = ['benchmarks', 'research-log'].map((name) =>
      readFileSync(join(__dirname, '..', '..', '..', 'docs', `${name}.md`), 'utf8'),
    );
    for (const name of Object.keys(tables)) {
      const places = pages.flatMap((page) => page.split('\n').filter((line) => line === `<!-- ${name} -->`));
      assert.equal(places.length, 1, name);
    }
  });

  it('a page without the place is refused', () => {
    assert.throws(() => replaceTable('no marks', 'x', 'new'), /no place for x/);
  });
});

describe('federation benchmark: lines of a plot', () => {
  it('are the mean of what each seed had at a moment, from where all have begun to where the first ends', () => {
    const slow = outcome({ arm: 'a', accuracies: [0.2, 0.4], second: 2 }).result.curve;
    const fast = outcome({ arm: 'a', accuracies: [0.1, 0.3, 0.5, 0.7, 0.9], second: 1 }).result.curve;
    const line = meanLine([slow, fast], 100);
    assert.deepEqual([line[0]?.seconds, line.at(-1)?.seconds], [2, 4]);
    near(line[0]?.accuracy, (0.2 + 0.3) / 2);
    near(line.at(-1)?.accuracy, (0.4 + 0.7) / 2);
    assert.equal(meanLine([slow, fast], 3).at(-1)?.seconds, 3);
    assert.deepEqual(meanLine([slow], 1), [], 'nothing was judged by then');
  });
});
