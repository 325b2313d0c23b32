import assert from 'node:assert/strict';
import { createEngine, type Program } from '../../../gateway/engine';
import { initialParameters } from '../../../gateway/model';
import { createPool, prepare, simulateSeed } from '../../../gateway/simulation';
import { RecordingPool, smallScenario } from './support';

describe('a simulation of synchronous federated averaging', () => {
  const cohort = 5;
  const versions = 8;

  it('gives the bits of a loop by hand', async () => {
    const { task } = smallScenario();
    const prepared = await prepare(
      smallScenario({
        // The same number of samples for each client, so that the weighted mean is the plain mean.
        samplesPerClient: 8,
        // All clients are equally fast: updates arrive and are summed in the order in which rounds began.
        delay: { kind: 'stragglers', share: 0, jitter: 0, step: { kind: 'fixed', ms: 10 } },
        schedule: { kind: 'rounds', clients: cohort },
        stop: { versions },
        evaluation: { model: 'current' },
        task: {
          ...task,
          encoding: { update: 'float32', patch: 'float32' },
          aggregation: { age: { kind: 'constant' }, variance: 'none', robust: 'none' },
        },
      }),
    );
    const pool = new RecordingPool(createPool({ threads: 0, examples: prepared.examples }));
    const simulated = await simulateSeed(prepared, 1, { pool });
    await pool.close();

    // By hand (McMahan 2017, algorithm 1). The samples of each client and their order are given, because they are random.
    const server = initialParameters(prepared.model, prepared.task.seed);
    const model = server.slice();
    let program: Program | undefined;
    for (let round = 0; round < versions; round++) {
      const jobs = pool.jobs.slice(round * cohort, (round + 1) * cohort);
      const sums = new Float64Array(model.length);
      for (const { program: request, parameters, samples, options } of jobs) {
        assert.deepEqual(
          parameters,
          model,
          `a member of round ${round} does not start from the global model`,
        );
        program ??= createEngine('auto').compile(request);
        program.loadParameters(model);
        const { delta } = program.train(samples, options);
        for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (delta[i] as number);
      }
      // The server steps on its own copy and sends the difference to the clients' model, as float32.
      for (let i = 0; i < server.length; i++) {
        server[i] = (server[i] as number) + (sums[i] as number) / cohort;
        model[i] = (model[i] as number) + Math.fround((server[i] as number) - (model[i] as number));
      }
    }
    assert.equal(pool.jobs.length, versions * cohort);
    assert.deepEqual(simulated.parameters, model);
  });
});
