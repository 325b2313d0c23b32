import assert from 'node:assert/strict';
import { prepare } from '../../../../gateway/simulation';
import { runPrepared, smallScenario } from '../support';

/** Numbers are left out, because the problems of a run are counted by kind. */
const sentence =
  'the round gave numbers that are not finite (loss #e+# before, NaN after) and is not sent; the next one trains at # of the rate: inputs are about #e+#, set centre and spread of the channels';

describe('the pool of a simulation', () => {
  it('leaves a round its samples, so that one that diverged says why on any number of threads', async () => {
    const channels = ['acc_x', 'acc_y', 'acc_z', 'gyro_x', 'gyro_y', 'gyro_z'].map((name) => ({
      name,
      spread: 1e-30,
    }));
    const prepared = await prepare(
      smallScenario({
        clients: 4,
        schedule: { kind: 'continuous', concurrency: 4 },
        task: {
          model: { preset: 'mlp', size: 'S' },
          input: { channels, rateHz: 50, length: 128, hop: 64 },
        },
        stop: { virtualMs: 300 },
      }),
    );
    const problemsOn = async (threads: number) =>
      Object.keys((await runPrepared(prepared, 1, threads)).summary.problems);
    assert.deepEqual(await problemsOn(0), [sentence]);
    assert.deepEqual(await problemsOn(1), [sentence]);
  });
});
