import assert from 'node:assert/strict';
import { overall, prepare, type ScenarioInput, summaryTables } from '../../../gateway/simulation';
import { runPrepared, smallScenario } from './support';

describe('a simulated federation that does not learn on', () => {
  /** The line of the report that says why, of a run with these changes. */
  const why = async (changes: Partial<ScenarioInput>) => {
    const { summary } = await runPrepared(
      await prepare(
        smallScenario({ clients: 3, schedule: { kind: 'continuous', concurrency: 3 }, ...changes }),
      ),
    );
    const lines = summaryTables([summary], overall([summary])).split('\n');
    return lines.filter((line) => line.startsWith('Seed '));
  };
  const { task } = smallScenario();
  const requiring = (minSamples: number) => ({
    ...task,
    training: { ...(task as { training: object }).training, minSamples },
  });

  it('says how many gateways have fewer samples than the task requires', async () => {
    const sentence =
      'Seed 1 came to rest after version 0: 3 of 3 gateways had too few samples for training.minSamples (500), the most being 39.';
    assert.deepEqual(await why({ task: requiring(500) }), [sentence]);
    assert.deepEqual(await why({ task: requiring(500), schedule: { kind: 'granted' } }), [sentence]);
  });

  it('says how far a run came whose time was too short for a version', async () => {
    assert.deepEqual(await why({ stop: { virtualMs: 1 } }), [
      'Seed 1 ended after version 0: rounds that ended: 0, updates that were accepted: 0.',
    ]);
  });

  it('says how many gateways left', async () => {
    const leavers = { share: 1, fromMs: 0, untilMs: 10 };
    assert.deepEqual(await why({ availability: { leavers } }), [
      'Seed 1 came to rest after version 0: 3 of 3 gateways left for good (availability.leavers).',
    ]);
  });

  it('says how many rounds were lost, without advice about a model that diverged', async () => {
    assert.deepEqual(await why({ availability: { dropout: 1 } }), [
      'Seed 1 stalled after version 0: 1007 of 1007 rounds were lost (availability.dropout).',
    ]);
  });

  it('says that budgets of privacy are spent', async () => {
    const privacy = { level: 'record', rounds: 3, epsilon: 4 };
    assert.deepEqual(await why({ task: { ...task, privacy }, stop: { versions: 1000 } }), [
      'Seed 1 came to rest after version 3: 3 of 3 gateways had no privacy budget left.',
    ]);
  });

  it('says nothing of a run that reached what it was to reach', async () => {
    assert.deepEqual(await why({}), []);
  });
});
