import { equal, throws } from 'node:assert/strict';
import { taskOfRegion } from '../../../gateway/region/task-of-region';
import { tinyTask } from '../coordinator/fleet-harness';

const record = (epsilon: number) => tinyTask({ privacy: { level: 'record', epsilon } });
const gateway = tinyTask({ privacy: { level: 'gateway', epsilon: 1 } });

describe('the privacy of a region', () => {
  it('is that of the federation above if the region has no task', () => {
    equal(taskOfRegion(record(1), undefined).privacy?.epsilon, 1);
  });

  it('may be more than that above', () => {
    equal(taskOfRegion(record(4), record(1)).privacy?.epsilon, 1);
    equal(taskOfRegion(tinyTask(), record(8)).privacy?.level, 'record');
  });

  for (const [what, own, message] of [
    ['none', tinyTask(), /: privacy: expected record, got none\. Choose no task/],
    ['a larger epsilon', record(900), /: privacy\.epsilon: expected at most 1, got 900\. Choose no task/],
    ['another level', gateway, /: privacy\.level: expected record, got gateway\. Choose no task/],
  ] as const)
    it(`is not weaker than that above: ${what}`, () => {
      throws(() => taskOfRegion(record(1), own), { code: 'task-refused', message });
    });
});
