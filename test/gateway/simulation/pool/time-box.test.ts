import assert from 'node:assert/strict';
import { prepare } from '../../../../gateway/simulation';
import { timeBoxed } from '../../../../gateway/simulation/pool/time-box';
import { taskModel } from '../../../../gateway/task';
import { tinyTask } from '../../coordinator/fleet-harness';
import { runPrepared, smallScenario } from '../support';

describe('a simulated round with a time limit', () => {
  const request = { model: taskModel(tinyTask()), batchSize: 10 };

  for (const [behaviour, samples, maxMs, fullMs, expected] of [
    ['is whole if the time suffices', 40, 100, 100, { durationMs: 100 }],
    ['has the steps that fit', 40, 60, 100, { durationMs: 50, maxSteps: 4 }],
    ['counts a last batch that is not full as one step', 35, 60, 100, { durationMs: 50, maxSteps: 4 }],
    ['has one step even if that takes longer', 40, 3, 100, { durationMs: 12.5, maxSteps: 1 }],
  ] as const) {
    it(behaviour, () => {
      assert.deepEqual(timeBoxed(request, samples, { epochs: 2, maxMs }, fullMs), expected);
    });
  }

  it('takes no longer than the limit on a slow gateway, which sends an update of fewer steps', async () => {
    const { task } = smallScenario();
    const run = async (round: object) => {
      // An epoch has two steps; a slow gateway takes 50 ms for each.
      const prepared = await prepare(
        smallScenario({
          schedule: { kind: 'rounds', clients: 12 },
          delay: { kind: 'stragglers', share: 0.5, slowdown: 5, jitter: 0, step: { kind: 'fixed', ms: 10 } },
          samplesPerClient: 8,
          evaluation: { clientHoldOut: 0 },
          stop: { versions: 3 },
          task: {
            ...task,
            training: { learningRate: 0.05, batchSize: 4, epochs: 4, round },
            aggregation: { rule: { kind: 'fedavg' } },
          },
        }),
      );
      return runPrepared(prepared);
    };
    const whole = await run({ kind: 'epochs' });
    const limited = await run({ kind: 'time', ms: 120 });
    assert.equal(whole.summary.virtualMs, 3 * 8 * 50);
    assert.equal(limited.summary.virtualMs, 3 * 100);
    assert.notDeepEqual(limited.parameters, whole.parameters);
    assert.deepEqual(limited.summary.problems, {});
    assert.deepEqual((await run({ kind: 'time', ms: 120 })).parameters, limited.parameters);
  });
});
