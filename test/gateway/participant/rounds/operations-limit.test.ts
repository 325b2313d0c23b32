import assert from 'node:assert/strict';
import { choosePlan } from '../../../../gateway/participant';
import { operationsLimit } from '../../../../gateway/participant/rounds/current-plan';
import { stepOperations } from '../../../../gateway/selection';
import { taskModel } from '../../../../gateway/task';
import { tinyTask } from '../tools';

describe('the operations that fit in the time of a round', () => {
  const task = tinyTask({ selection: { maxRoundMs: 1000 } });
  const model = taskModel(task);
  /** Runs a complete round (40 examples) of a gateway of this speed with a limit, and gives the limit after it. */
  const round = (before: number | undefined, msPerOperation: number, steps = 10) => {
    const { plan } = choosePlan(task, model, 1e9, 0, undefined, before);
    const durationMs = 40 * stepOperations(model, plan) * msPerOperation;
    return {
      durationMs,
      limit: operationsLimit(before, task, model, { plan, samples: 20, steps, durationMs }),
    };
  };

  it('are not limited while rounds are quick enough', () => {
    assert.equal(round(undefined, 0.001).limit, undefined);
  });

  it('let a slow gateway train a cheaper part of the model in time, and settle', () => {
    const { durationMs, limit } = round(undefined, 0.04);
    assert.ok(durationMs > 1000);
    assert.ok(limit);
    const second = round(limit, 0.04);
    assert.ok(second.durationMs <= 1000);
    let settled = second.limit;
    for (let i = 0; i < 5; i++) settled = round(settled, 0.04).limit;
    assert.equal(settled, second.limit);
  });

  it('grow again when a gateway has become quick', () => {
    const slow = round(undefined, 0.04).limit ?? Number.NaN;
    assert.ok((round(slow, 0.001).limit ?? 0) > 2 * slow);
  });

  it('are not estimated from a round that ended early', () => {
    assert.equal(round(undefined, 0.04, 3).limit, undefined);
    assert.equal(round(1000, 0.04, 3).limit, 1000);
  });

  it('are not estimated from a round whose time is unknown', () => {
    const { plan } = choosePlan(task, model, 1e9, 0);
    const unmeasured = { plan, samples: 20, steps: 10, durationMs: 0 };
    assert.equal(operationsLimit(1000, task, model, unmeasured), 1000);
  });

  it('are not limited by a task without `maxRoundMs`', () => {
    const { plan } = choosePlan(task, model, 1e9, 0);
    const late = { plan, samples: 20, steps: 10, durationMs: 5000 };
    assert.ok(operationsLimit(1000, task, model, late));
    assert.equal(operationsLimit(1000, tinyTask(), model, late), undefined);
  });
});
