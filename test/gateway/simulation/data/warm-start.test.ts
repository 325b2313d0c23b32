import assert from 'node:assert/strict';
import {
  overall,
  type Prepared,
  prepare,
  type ScenarioInput,
  summaryTables,
} from '../../../../gateway/simulation';
import { runPrepared, smallScenario } from '../support';

const warm = (changes: Partial<ScenarioInput> = {}) =>
  prepare(smallScenario({ warmStart: { people: 2, epochs: 3 }, ...changes }));

describe('a simulated warm start', () => {
  it('takes its samples from training people, and no gateway holds them', async () => {
    const prepared = await warm();
    const fed = new Set(prepared.warmStart?.fed);
    const held = prepared.fleet(1).clients.flatMap(({ samples, heldOut }) => [...samples, ...heldOut]);
    // Two of four training people with 24 windows each.
    assert.equal(fed.size, 48);
    assert.ok(held.length > 0 && held.every((i) => !fed.has(i)));
  });

  it('gives the coordinator no sample that judges', async () => {
    const prepared = await warm({ validation: { people: 1 }, evaluation: { on: 'validation' } });
    const judging = new Set(prepared.judging.flatMap((group) => [...group]));
    assert.ok(judging.size > 0);
    assert.ok(prepared.warmStart?.fed.every((i) => !judging.has(i)));
  });

  it('trains the first version before virtual time begins, and reports it', async () => {
    const { summary, versions } = await runPrepared(await warm());
    const [first] = versions;
    assert.deepEqual([first?.version, first?.timeMs, first?.uploads], [1, 0, 0]);
    const { people, setApart, epochs, trainedOn } = summary.warmStart ?? {};
    assert.deepEqual([people, setApart, epochs], [2, 48, 3]);
    assert.ok((trainedOn ?? 0) >= 16, `${trainedOn}`);
    assert.match(
      summaryTables([summary], overall([summary])),
      /Warm start: 48 samples of 2 people .* 3 epochs/,
    );
  });

  it('begins with a lower loss than a seeded model', async () => {
    const judged = async (prepared: Prepared) => (await runPrepared(prepared)).versions[0]?.loss ?? 0;
    const cold = await judged(await prepare(smallScenario()));
    const started = await judged(await warm({ warmStart: { people: 2, epochs: 20 } }));
    assert.ok(started < cold, `${started} and ${cold}`);
  });

  it('gives the same bits on any number of threads', async () => {
    const prepared = await warm();
    const none = await runPrepared(prepared);
    assert.deepEqual(await runPrepared(prepared, 1, 1), none);
    assert.deepEqual(await runPrepared(prepared, 1, 2), none);
  });

  for (const [title, changes, message] of [
    [
      'more people than there are',
      { warmStart: { people: 4 } },
      /warmStart\.people: expected fewer than the 4 .*, got 4/,
    ],
    [
      'a share of people',
      { warmStart: { share: 0.5 } },
      /warmStart: expected people, because the data names people/,
    ],
    ['one in the task', { task: { warmStart: { samples: 32, epochs: 1 } } }, /task\.warmStart/],
  ] as [string, Partial<ScenarioInput>, RegExp][]) {
    it(`refuses ${title}, and names the field`, async () => {
      await assert.rejects(prepare(smallScenario(changes)), message);
    });
  }

  it('refuses no people at all', () => {
    assert.throws(() => smallScenario({ warmStart: { people: 0 } }), /warmStart/);
  });
});
