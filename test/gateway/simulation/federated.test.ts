import assert from 'node:assert/strict';
import { prepare } from '../../../gateway/simulation';
import { runPrepared, smallScenario } from './support';

describe('a simulated federation whose clients hold windows out as the train node does', () => {
  const changes = {
    data: { synthetic: { people: 5, testPeople: 1, windowsPerPerson: 240 } },
    clients: 4,
    schedule: { kind: 'continuous', concurrency: 4 },
  } as const;

  it('reports what they measure beside an evaluation of the same windows in one place', async () => {
    const prepared = await prepare(
      smallScenario({ ...changes, evaluation: { federated: true, model: 'current' } }),
    );
    for (const { samples, heldOut } of prepared.fleet(1).clients) {
      assert.ok(heldOut.length > 20 && samples.length > 100, `${samples.length} and ${heldOut.length}`);
      assert.deepEqual(
        samples.filter((i) => heldOut.includes(i)),
        [],
      );
    }
    const { versions } = await runPrepared(prepared);
    const { federated } = versions.at(-1)!;
    assert.equal(federated?.clients, 4);
    const [low, high] = federated.interval!;
    // Clients have measured a version or two before, so the two are close but not equal.
    assert.ok(low <= federated.central && federated.central <= high, JSON.stringify(federated));
  });

  it('is not there unless it is asked for, and changes nothing then', async () => {
    const { versions } = await runPrepared(await prepare(smallScenario(changes)));
    assert.equal(versions.at(-1)!.federated, undefined);
  });
});
