import assert from 'node:assert/strict';
import { taskConfig } from '../../../nodes/ftte-task/config';
import { migrations } from '../../../nodes/ftte-task/migrations';
import { migrateConfig } from '../../../nodes/runtime';

const migrated = (task: unknown) => migrateConfig({ name: 'beats', task }, migrations)['task'];

describe('the config of a task node of version 1', () => {
  const cases: [what: string, before: unknown, after: unknown][] = [
    [
      'has its aggregation.support as aggregation.coverage',
      { labels: ['a', 'b'], aggregation: { support: 'ignored', bufferSize: 4 } },
      { labels: ['a', 'b'], aggregation: { coverage: 'ignored', bufferSize: 4 } },
    ],
    [
      'keeps an aggregation.coverage that it has, too',
      { aggregation: { support: 'ignored', coverage: 'proportional' } },
      { aggregation: { coverage: 'proportional' } },
    ],
    [
      'stays as it is without aggregation.support',
      { aggregation: { damping: 0 } },
      { aggregation: { damping: 0 } },
    ],
    ['stays as it is without aggregation', { labels: ['a', 'b'] }, { labels: ['a', 'b'] }],
    [
      'stays as it is, for a later check, with an aggregation that is none',
      { aggregation: 3 },
      { aggregation: 3 },
    ],
    ['stays as it is, for a later check, with a task that is none', [1], [1]],
    ['stays as it is, for a later check, without a task', undefined, undefined],
  ];
  for (const [what, before, after] of cases) {
    it(what, () => assert.deepEqual(migrated(before), after));
  }

  it('is read as a task', () => {
    const task = {
      input: { channels: [{ name: 'ecg' }], rateHz: 125, length: 64, hop: 64 },
      labels: ['N', 'V'],
      model: { preset: 'mlp', size: 'S' },
      aggregation: { support: 'ignored' },
    };
    assert.equal(taskConfig({ name: 'beats', task }).aggregation.coverage, 'ignored');
    // Of the current version, the old name is a mistake like any other.
    assert.throws(() => taskConfig({ name: 'beats', task, configVersion: 2 }), /support/);
  });
});
