import assert from 'node:assert/strict';
import { createAggregator } from '../../../../gateway/coordinator/aggregation';
import { concurrencyOf } from '../../../../gateway/coordinator/fleet';
import type { TaskInput } from '../../../../gateway/task';
import { tinyTask } from '../fleet-harness';

const granted = { kind: 'granted' } as const;
function at(online: number, input: TaskInput['aggregation']): number {
  const { aggregation } = tinyTask({ aggregation: input });
  return concurrencyOf(aggregation.participation, online, createAggregator(aggregation).cohortSize);
}

describe('rounds at a time', () => {
  it('are those of all gateways if rounds are not granted', () => {
    assert.equal(at(500, {}), 500);
  });

  for (const [online, expected] of [
    [0, 1],
    [1, 1],
    [3, 3],
    [10, 10],
    [30, 10],
    [101, 11],
    [499, 50],
    [10_000, 50],
  ] as const) {
    it(`are ${expected} by default with ${online} gateways online`, () => {
      assert.equal(at(online, { participation: granted }), expected);
    });
  }

  it('are the set number, as far as there are gateways', () => {
    const participation = { ...granted, concurrency: 20 };
    assert.deepEqual([at(500, { participation }), at(7, { participation })], [20, 7]);
  });

  it('are the cohort of a synchronous round with its spares', () => {
    const rule = { kind: 'fedavg', overSelection: 0.3 } as const;
    assert.equal(at(500, { participation: granted, rule, bufferSize: 10 }), 13);
    assert.equal(at(12, { participation: granted, rule, bufferSize: 10 }), 12);
  });
});
