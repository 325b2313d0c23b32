import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FtteError } from '../../../../gateway/platform';
import { parseScenario, prepare, readScenario } from '../../../../gateway/simulation';
import { smallScenario } from '../support';

const minimal = {
  name: 'minimal',
  data: { folder: 'somewhere' },
  clients: 10,
  task: {},
  schedule: { kind: 'continuous', concurrency: 5 },
  stop: { versions: 3 },
};

/** Asserts that a scenario is refused, and that the message begins with the field. */
function refused(changes: object, field: string, text: RegExp): void {
  assert.throws(
    () => parseScenario({ ...minimal, ...changes }),
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
  it('has a default for every field that does not describe its fleet', () => {
    const scenario = parseScenario(minimal);
    assert.deepEqual(scenario.seeds, [1]);
    assert.deepEqual(scenario.budgets, [{ share: 1, bytes: 'dense' }]);
    assert.equal(scenario.partition.kind, 'by-person');
    assert.equal(scenario.evaluation.meanOver, 10);
  });

  const wrong: [string, object, string, RegExp][] = [
    ['a field that is missing', { clients: undefined }, 'clients', /expected a whole number.*got nothing/],
    [
      'a field of another type',
      { clients: 'many' },
      'clients',
      /expected a whole number.*got the text "many"/,
    ],
    ['an unknown field', { clinets: 3 }, 'clinets', /clinets/],
    ['an unknown kind', { delay: { kind: 'slow' } }, 'delay.kind', /got the text "slow"/],
    ['data of an unknown kind', { data: { file: 'x' } }, 'data', /expected \{ "folder"/],
    ['budget shares that do not add up', { budgets: [{ share: 0.5, bytes: 10 }] }, 'budgets', /add up to 1/],
    [
      'a budget that is no number',
      { budgets: [{ share: 1, bytes: 'small' }] },
      'budgets.0.bytes',
      /number of bytes, or "dense"/,
    ],
    ['a target without a limit', { stop: { targetAccuracy: 0.8 } }, 'stop', /versions or virtualMs/],
    ['a repeated seed', { seeds: [3, 3] }, 'seeds', /3 twice/],
    [
      'a concurrency above the number of clients',
      { schedule: { kind: 'continuous', concurrency: 11 } },
      'schedule.concurrency',
      /expected at most 10, the number of clients, got 11 at a time/,
    ],
    [
      'a cohort larger than the fleet',
      { schedule: { kind: 'rounds', clients: 9, overSelection: 0.3 } },
      'schedule.clients',
      /12 at a time/,
    ],
    ['a probability above 1', { availability: { dropout: 1.5 } }, 'availability.dropout', /1.5/],
  ];
  for (const [what, changes, field, text] of wrong) {
    it(`is refused for ${what}, with an error that names the field`, () => refused(changes, field, text));
  }

  it('finds its data relative to its own file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    try {
      const path = join(folder, 'scenario.json');
      await writeFile(path, JSON.stringify({ ...minimal, data: { folder: 'recordings' } }));
      assert.deepEqual((await readScenario(path)).data, { folder: join(folder, 'recordings') });
      await writeFile(path, '{ "name": ');
      await assert.rejects(readScenario(path), /is not JSON/);
      await assert.rejects(readScenario(join(folder, 'none.json')), /cannot read/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a scenario with its data', () => {
  const rejected = async (scenario: ReturnType<typeof smallScenario>, text: RegExp) =>
    assert.rejects(
      async () => (await prepare(scenario)).fleet(1),
      (error: FtteError) => {
        assert.equal(error.code, 'scenario-invalid');
        assert.match(error.message, text);
        return true;
      },
    );

  it('takes channels and labels from the data, and centre and spread from the training people', async () => {
    const { task, examples, judges } = await prepare(smallScenario({ validation: { people: 1 } }));
    assert.equal(task.input.channels.length, 6);
    assert.equal(task.labels.length, 6);
    assert.equal(judges, 'validation');
    let sum = 0;
    for (const value of examples.x) sum += value;
    assert.ok(Math.abs(sum / examples.x.length) < 0.2);
  });

  it('names the wrong field of its task', async () => {
    await rejected(smallScenario({ task: { training: { epochs: 0 } } }), /^task\.training\.epochs: /);
  });

  it('refuses a kind of task that does not exist', async () => {
    await rejected(smallScenario({ task: { kind: 'clustering' } }), /^task\.kind: .*clustering/);
  });

  it('refuses a task whose input has another shape than the data', async () => {
    const { task } = await prepare(smallScenario());
    await rejected(
      smallScenario({ task: { ...task, input: { ...task.input, length: 64 } } }),
      /task\.input: expected \[128, 6\] as in the data, got \[64, 6\]/,
    );
  });

  it('refuses slow labels that the data does not have', async () => {
    const delay = { kind: 'stragglers' as const, slowLabels: ['flying'] };
    await rejected(smallScenario({ delay }), /delay\.slowLabels: expected one of .*, got "flying"/);
  });

  it('refuses to be judged by people that it does not have', async () => {
    await rejected(
      smallScenario({ evaluation: { on: 'validation' } }),
      /evaluation\.on: expected validation people, got none/,
    );
  });

  it('averages synchronously in synchronous rounds, unless the task names a rule', async () => {
    const schedule = { kind: 'rounds', clients: 4 } as const;
    const ruleOf = async (task: Record<string, unknown>) =>
      (await prepare(smallScenario({ schedule, task }))).task.aggregation.rule.kind;
    assert.equal(await ruleOf({}), 'fedavg');
    assert.equal(await ruleOf({ aggregation: { rule: { kind: 'fedbuff' } } }), 'fedbuff');
  });

  it('refuses a round whose size is not the buffer size', async () => {
    const schedule = { kind: 'rounds', clients: 4 } as const;
    await rejected(
      smallScenario({ schedule, task: { aggregation: { bufferSize: 3 } } }),
      /task\.aggregation\.bufferSize: expected 4 .*, got 3/,
    );
  });

  it('gives each budget class its share of the clients, and resolves the budget dense', async () => {
    const budgets = [
      { share: 0.25, bytes: 30_000 },
      { share: 0.75, bytes: 'dense' },
    ] as const;
    const { clients } = (await prepare(smallScenario({ budgets: [...budgets] }))).fleet(1);
    assert.equal(clients.filter(({ budgetBytes }) => budgetBytes === 30_000).length, 3);
    assert.equal(new Set(clients.map(({ budgetBytes }) => budgetBytes)).size, 2);
  });

  it('trains no client on its held-out windows, or on people that judge', async () => {
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
