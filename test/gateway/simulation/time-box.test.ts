import assert from 'node:assert/strict';
import { createPool, prepare, simulate } from '../../../gateway/simulation';
import { boxed } from '../../../gateway/simulation/pool/simulated-trainer';
import { taskModel } from '../../../gateway/task';
import { tinyTask } from '../coordinator/fleet-harness';
import { smallScenario } from './support';

describe('a round in a box of time, simulated', () => {
  const request = { model: taskModel(tinyTask()), batchSize: 10 };

  for (const [what, samples, maxMs, fullMs, wanted] of [
    ['is whole where there is time enough', 40, 100, 100, { durationMs: 100 }],
    ['is the steps that fit', 40, 60, 100, { durationMs: 50, maxSteps: 4 }],
    ['counts a last batch that is not full as a step', 35, 60, 100, { durationMs: 50, maxSteps: 4 }],
    ['is one step where not even that fits', 40, 3, 100, { durationMs: 12.5, maxSteps: 1 }],
  ] as const) {
    it(what, () => {
      assert.deepEqual(boxed(request, samples, { epochs: 2, maxMs }, fullMs), wanted);
    });
  }

  it('takes no longer than the box on a slow gateway, which sends what it managed', async () => {
    const { task } = smallScenario();
    const run = async (round: object) => {
      // Epochs of two steps; a slow gateway takes 50 ms for each.
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
      const pool = createPool({ threads: 0, examples: prepared.examples });
      try {
        return await simulate(prepared, 1, { pool });
      } finally {
        await pool.close();
      }
    };
    const whole = await run({ kind: 'epochs' });
    const box = await run({ kind: 'time', ms: 120 });
    assert.equal(whole.summary.virtualMs, 3 * 8 * 50);
    assert.equal(box.summary.virtualMs, 3 * 100);
    assert.notDeepEqual(box.parameters, whole.parameters);
    assert.deepEqual(box.summary.problems, {});
    assert.deepEqual((await run({ kind: 'time', ms: 120 })).parameters, box.parameters);
  });
});
