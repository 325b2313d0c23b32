import assert from 'node:assert/strict';
import { choosePlan } from '../../../../gateway/participant';
import { RoundPace } from '../../../../gateway/participant/rounds/round-pace';
import { stepOperations } from '../../../../gateway/selection';
import { taskModel } from '../../../../gateway/task';
import type { Update } from '../../../../gateway/wire';
import { tinyTask } from '../tools';

describe('the pace of rounds', () => {
  const task = tinyTask({ selection: { maxRoundMs: 1000 } });
  const model = taskModel(task);
  const round = (pace: RoundPace, msPerOperation: number, more: Partial<Update> = {}) => {
    const { plan } = choosePlan(task, model, 1e9, 0, undefined, pace.maxOperations);
    const durationMs = 40 * stepOperations(model, plan) * msPerOperation;
    const update = { plan, samples: 20, steps: 10, durationMs, ...more } as Update;
    return { durationMs, changed: pace.heard(task, model, update) };
  };

  it('is left alone where rounds are quick enough', () => {
    const pace = new RoundPace();
    assert.equal(round(pace, 0.001).changed, false);
    assert.equal(pace.maxOperations, undefined);
  });

  it('of a slow gateway is kept by a cheaper part of the model, and settles', () => {
    const pace = new RoundPace();
    const { durationMs } = round(pace, 0.04);
    assert.ok(durationMs > 1000);
    assert.ok(pace.maxOperations);
    assert.ok(round(pace, 0.04).durationMs <= 1000);
    const settled = pace.maxOperations;
    for (let i = 0; i < 5; i++) round(pace, 0.04);
    assert.equal(pace.maxOperations, settled);
  });

  it('grows again with a gateway that has become quick', () => {
    const pace = new RoundPace();
    round(pace, 0.04);
    const slow = pace.maxOperations ?? Number.NaN;
    assert.equal(round(pace, 0.001).changed, true);
    assert.ok((pace.maxOperations ?? 0) > 2 * slow);
  });

  it('is not judged by rounds that ended early', () => {
    const pace = new RoundPace();
    assert.equal(round(pace, 0.04, { steps: 3 }).changed, false);
  });

  it('is forgotten with the wish for it', () => {
    const pace = new RoundPace();
    round(pace, 0.04);
    pace.heard(tinyTask(), model, {} as Update);
    assert.equal(pace.maxOperations, undefined);
  });
});
