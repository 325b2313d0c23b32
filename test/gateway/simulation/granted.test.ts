import assert from 'node:assert/strict';
import { prepare, type RunSummary } from '../../../gateway/simulation';
import { runPrepared, smallScenario } from './support';

async function run(changes: Parameters<typeof smallScenario>[0] = {}, seed = 1) {
  const schedule = { kind: 'granted', concurrency: 3 } as const;
  return runPrepared(await prepare(smallScenario({ schedule, stop: { versions: 10 }, ...changes })), seed);
}

const withRule = (rule: object, settings: object = {}) => ({
  task: { ...smallScenario().task, aggregation: { rule, ...settings } },
});
const bytesOf = ({ bytesByType }: RunSummary, type: string) => bytesByType[type] ?? { up: 0, down: 0 };

describe('a simulation of granted rounds', () => {
  it('gives slow clients as many rounds as fast ones, whereas free participation gives them few', async () => {
    const stop = { versions: 30 };
    const free = await run({ stop, schedule: { kind: 'continuous', concurrency: 12, next: 'same' } });
    const granted = await run({ stop: { versions: 60 } });
    assert.ok(free.summary.stragglers.contributions < 0.25, `${free.summary.stragglers.contributions}`);
    assert.ok(granted.summary.stragglers.contributions > 0.4, `${granted.summary.stragglers.contributions}`);
    assert.deepEqual(granted.summary.problems, {});
  });

  it('sends one catch-up per round, and no head, patch or snapshot to clients that wait', async () => {
    const { summary } = await run();
    for (const type of ['head', 'patch', 'snapshot', 'sync'])
      assert.equal(bytesOf(summary, type).down, 0, type);
    const { down } = bytesOf(summary, 'grant');
    // 142 parameters in int8, and the message around them.
    assert.ok(down / summary.uploads < 142 + 260, `${down / summary.uploads} bytes per grant`);
  });

  it('gives the same results for the same seed, and others for another seed', async () => {
    const [one, again, other] = [await run(), await run(), await run({}, 2)];
    assert.deepEqual(again.versions, one.versions);
    assert.deepEqual(again.parameters, one.parameters);
    assert.notDeepEqual(other.versions, one.versions);
  });

  it('grants the cohorts of a synchronous rule: each client once, and late updates only from spare clients', async () => {
    const { versions, summary } = await run({
      ...withRule({ kind: 'fedavg' }),
      schedule: { kind: 'granted', concurrency: 5 },
    });
    for (const { clients, ages } of versions) {
      assert.equal(new Set(clients).size, 5);
      assert.deepEqual([...ages], [0, 0, 0, 0, 0]);
    }
    assert.deepEqual(summary.rejected, {});
    const { versions: spared, summary: withSpares } = await run({
      ...withRule({ kind: 'fedavg', overSelection: 0.5 }),
      schedule: { kind: 'granted', concurrency: 6 },
    });
    for (const { clients } of spared) assert.ok(clients.length >= 4 && clients.length <= 6);
    assert.ok((withSpares.rejected['too-old'] ?? 0) > 0);
  });

  for (const kind of ['ftte', 'fedbuff', 'fedasync', 'ca2fl', 'fadas', 'fedavg'] as const) {
    it(`continues with ${kind} when rounds are lost, and clients join, leave and lose their connection`, async () => {
      const { summary } = await run({
        ...withRule({ kind }, { server: { kind: 'sgd', learningRate: 0.1 } }),
        schedule: { kind: 'granted', concurrency: 4, timeoutMs: 2000 },
        availability: {
          dropout: 0.2,
          offline: { everyMs: 500, forMs: 200 },
          joiners: { share: 0.3, untilMs: 1000 },
          leavers: { share: 0.2, untilMs: 5000 },
        },
        stop: { versions: 8, virtualMs: 1_000_000 },
      });
      assert.equal(summary.stopped, 'versions');
    });
  }

  it('learns nearly as well from catch-ups in int8 as from exact ones', async () => {
    const final = async (catchUp: string) => {
      const { task } = smallScenario();
      const { summary } = await run({
        task: { ...task, encoding: { catchUp } },
        stop: { versions: 40 },
      });
      return summary.finalAccuracy ?? 0;
    };
    const [exact, int8] = [await final('float32'), await final('int8')];
    assert.ok(exact > 0.5, `${exact}`);
    assert.ok(Math.abs(exact - int8) < 0.06, `${exact} exact, ${int8} in int8`);
  });
});
