import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FtteError } from '../../../../gateway/platform';
import { parseScenario, prepare, readScenario } from '../../../../gateway/simulation';
import { smallScenario } from '../support';

const least = {
  name: 'least',
  data: { folder: 'somewhere' },
  clients: 10,
  task: {},
  schedule: { kind: 'continuous', concurrency: 5 },
  stop: { versions: 3 },
};

/** Asserts that a scenario is refused with its field first and what came after it. */
function refused(changes: object, field: string, text: RegExp): void {
  assert.throws(
    () => parseScenario({ ...least, ...changes }),
    (error: FtteError) => {
      assert.equal(error.code, 'scenario-invalid');
      assert.equal(error.details['field'], field);
      assert.ok(error.message.startsWith(`${field}: `), error.message);
      assert.match(error.message, text);
      return true;
    },
  );
}

describe('a scenario', () => {
  it('has a default for whatever is not about its fleet', () => {
    const scenario = parseScenario(least);
    assert.deepEqual(scenario.seeds, [1]);
    assert.deepEqual(scenario.budgets, [{ share: 1, bytes: 'dense' }]);
    assert.equal(scenario.partition.kind, 'by-person');
    assert.equal(scenario.evaluation.meanOver, 10);
  });

  const wrong: [string, object, string, RegExp][] = [
    ['a field that is missing', { clients: undefined }, 'clients', /expected number.*got nothing/],
    ['a field of another type', { clients: 'many' }, 'clients', /expected number.*got "many"/],
    ['a field nobody knows', { clinets: 3 }, 'scenario', /clinets/],
    ['a kind nobody knows', { delay: { kind: 'slow' } }, 'delay.kind', /got "slow"/],
    ['data of no kind', { data: { file: 'x' } }, 'data', /wanted \{ "folder"/],
    ['budget shares that do not add up', { budgets: [{ share: 0.5, bytes: 10 }] }, 'budgets', /add up to 1/],
    [
      'a budget that is no number',
      { budgets: [{ share: 1, bytes: 'small' }] },
      'budgets.0.bytes',
      /number of bytes, or "dense"/,
    ],
    ['a target alone', { stop: { targetAccuracy: 0.8 } }, 'stop', /versions or virtualMs/],
    ['a seed twice', { seeds: [3, 3] }, 'seeds', /3 twice/],
    [
      'more at a time than there are',
      { schedule: { kind: 'continuous', concurrency: 11 } },
      'schedule.concurrency',
      /got 11 at a time, wanted at most clients, 10/,
    ],
    [
      'a cohort larger than the fleet',
      { schedule: { kind: 'rounds', clients: 9, overSelection: 0.3 } },
      'schedule.clients',
      /12 at a time/,
    ],
    ['a chance above 1', { availability: { dropout: 1.5 } }, 'availability.dropout', /1.5/],
  ];
  for (const [what, changes, field, text] of wrong) {
    it(`is refused for ${what}, with field, what came and what was wanted`, () =>
      refused(changes, field, text));
  }

  it('finds its data beside its own file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    try {
      const path = join(folder, 'scenario.json');
      await writeFile(path, JSON.stringify({ ...least, data: { folder: 'recordings' } }));
      assert.deepEqual((await readScenario(path)).data, { folder: join(folder, 'recordings') });
      await writeFile(path, '{ "name": ');
      await assert.rejects(readScenario(path), /is not JSON/);
      await assert.rejects(readScenario(join(folder, 'none.json')), /cannot read/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a scenario over its data', () => {
  const rejected = async (scenario: ReturnType<typeof smallScenario>, text: RegExp) =>
    assert.rejects(
      async () => (await prepare(scenario)).fleet(1),
      (error: FtteError) => {
        assert.equal(error.code, 'scenario-invalid');
        assert.match(error.message, text);
        return true;
      },
    );

  it('takes channels and labels from it, centred and scaled as the training people are', async () => {
    const { task, examples, judges } = await prepare(smallScenario({ validation: { people: 1 } }));
    assert.equal(task.input.channels.length, 6);
    assert.equal(task.labels.length, 6);
    assert.equal(judges, 'validation');
    let sum = 0;
    for (const value of examples.x) sum += value;
    assert.ok(Math.abs(sum / examples.x.length) < 0.2);
  });

  it('names the field of a task that is wrong', async () => {
    await rejected(smallScenario({ task: { training: { epochs: 0 } } }), /^task\.training\.epochs: /);
  });

  it('refuses a task that is no classification', async () => {
    await rejected(smallScenario({ task: { kind: 'anomaly' } }), /task\.kind: got "?anomaly"?/);
  });

  it('refuses a task of another shape', async () => {
    const { task } = await prepare(smallScenario());
    await rejected(
      smallScenario({ task: { ...task, input: { ...task.input, length: 64 } } }),
      /the data's \[128,6\]/,
    );
  });

  it('refuses slow labels that there are not', async () => {
    const delay = { kind: 'stragglers' as const, slowLabels: ['flying'] };
    await rejected(smallScenario({ delay }), /delay\.slowLabels: got "flying"/);
  });

  it('refuses to be judged by nobody', async () => {
    await rejected(smallScenario({ evaluation: { on: 'validation' } }), /wanted validation people/);
  });

  it('averages synchronously in synchronous rounds, unless the task says otherwise', async () => {
    const schedule = { kind: 'rounds', clients: 4 } as const;
    const ruleOf = async (task: Record<string, unknown>) =>
      (await prepare(smallScenario({ schedule, task }))).task.aggregation.rule.kind;
    assert.equal(await ruleOf({}), 'fedavg');
    assert.equal(await ruleOf({ aggregation: { rule: { kind: 'fedbuff' } } }), 'fedbuff');
  });

  it('refuses a round that is not one buffer', async () => {
    const schedule = { kind: 'rounds', clients: 4 } as const;
    await rejected(
      smallScenario({ schedule, task: { aggregation: { bufferSize: 3 } } }),
      /task\.aggregation\.bufferSize: got 3/,
    );
  });

  it('gives each budget class its share of the clients, and dense what dense takes', async () => {
    const budgets = [
      { share: 0.25, bytes: 30_000 },
      { share: 0.75, bytes: 'dense' },
    ] as const;
    const { clients } = (await prepare(smallScenario({ budgets: [...budgets] }))).fleet(1);
    assert.equal(clients.filter(({ budgetBytes }) => budgetBytes === 30_000).length, 3);
    assert.equal(new Set(clients.map(({ budgetBytes }) => budgetBytes)).size, 2);
  });

  it('keeps windows of each client from its training, and test people from everybody', async () => {
    const prepared = await prepare(smallScenario({ validation: { people: 1 }, evaluation: { on: 'test' } }));
    const { clients } = prepared.fleet(1);
    const judging = new Set(prepared.judging.flatMap((group) => [...group]));
    for (const { samples, heldOut } of clients) {
      assert.ok(heldOut.length > 0);
      for (const i of heldOut) assert.ok(!samples.includes(i));
      for (const i of [...samples, ...heldOut]) assert.ok(!judging.has(i));
    }
  });
});
