import { deepEqual, equal, throws } from 'node:assert/strict';
import { createAggregator } from '../../../../gateway/coordinator/aggregation';
import { FtteError } from '../../../../gateway/platform';
import { modelKey } from '../../../../gateway/task';
import { tinyTask } from '../fleet-harness';
import { contribution } from './contributions';
import { close, combine } from './rules';

describe('the rule that a task names', () => {
  it('is FTTE if the task names none', () => {
    deepEqual(tinyTask().aggregation.rule, { kind: 'ftte' });
    const aggregator = createAggregator(tinyTask({ aggregation: { bufferSize: 2 } }).aggregation);
    equal(aggregator.name, 'ftte');
    // n 10, age 3, v 1/2 at a median of 1: 10 * 1/2 * 2/3. n 30, age 0, v 3/2: 30 * 2/5.
    const list = [
      contribution([8], { samples: 10, variance: 0.5 }),
      contribution([4], { samples: 30, variance: 1.5, baseVersion: 3 }),
    ];
    close(combine(aggregator, list, 3).values, [(8 * (10 / 3) + 4 * 12) / (10 / 3 + 12)]);
  });

  it('does not change which updates fit the model', () => {
    equal(modelKey(tinyTask({ aggregation: { rule: { kind: 'fedbuff' } } })), modelKey(tinyTask()));
  });

  it('is refused if there is no such rule, or if it has settings of another', () => {
    for (const rule of [{ kind: 'best' }, { kind: 'ftte', learningRate: 1 }]) {
      throws(
        () => tinyTask({ aggregation: { rule: rule as never } }),
        (error) => error instanceof FtteError && /^aggregation\.rule/.test(String(error.details['field'])),
      );
    }
  });
});
