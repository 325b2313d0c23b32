import assert from 'node:assert/strict';
import { createEngine, type ProgramRequest, planMemory } from '../../../gateway/engine';
import { compileProgram } from '../../../gateway/engine/program/program';
import { densePlan, parameterLayout, resolveModel } from '../../../gateway/model';
import { FtteError } from '../../../gateway/platform';
import { presetLayers } from '../../../gateway/task';

const model = resolveModel([128, 6], presetLayers('cnn1d', 'S', 6, [128, 6]), 6, 'softmax-cross-entropy');
const layout = parameterLayout(model);
const request: ProgramRequest = { model, plan: densePlan(layout, 32), batchSize: 32 };
const peakOf = (changed: Partial<ProgramRequest>) => planMemory({ ...request, ...changed }).peakBytes;

function refusal(changed: Partial<ProgramRequest>): FtteError {
  try {
    createEngine().compile({ ...request, ...changed });
  } catch (error) {
    if (error instanceof FtteError && error.code === 'budget-too-small') return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('A budget that a request names', () => {
  it('is enough to the byte, and one byte less is refused with what is missing', () => {
    const neededBytes = peakOf({});
    assert.equal(
      createEngine().compile({ ...request, budgetBytes: neededBytes }).memory.peakBytes,
      neededBytes,
    );
    const { details, message } = refusal({ budgetBytes: neededBytes - 1 });
    assert.match(message, new RegExp(`the plan needs ${Math.ceil(neededBytes / 1024)} KB, 1 KB more than`));
    assert.equal(details['overBytes'], 1);
    assert.equal(details['neededBytes'], neededBytes);
  });

  it('is held before any memory is taken', () => {
    let opened = 0;
    const open = () => {
      opened++;
      throw new Error('no memory was to be taken');
    };
    assert.throws(() => compileProgram({ ...request, budgetBytes: 1000 }, open), {
      code: 'budget-too-small',
    });
    assert.equal(opened, 0);
  });

  it('is answered with the largest micro-batch that would fit', () => {
    const budgetBytes = peakOf({ plan: densePlan(layout, 4) }) + 100;
    const { details, message } = refusal({ budgetBytes });
    assert.equal(details['fittingMicroBatch'], 4);
    assert.match(message, /micro-batch of 4/);
    createEngine().compile({ ...request, plan: densePlan(layout, 4), budgetBytes });
  });

  it('is answered with int8 for frozen weights where no micro-batch is small enough', () => {
    const plan = { entries: [{ tensor: 6 }, { tensor: 7 }], microBatch: 1 };
    const budgetBytes = peakOf({ plan }) - 1000;
    const { details, message } = refusal({ plan, budgetBytes });
    assert.equal(details['fittingFrozen'], 'int8');
    assert.match(message, /int8/);
    createEngine().compile({ ...request, plan, frozen: 'int8', budgetBytes });
  });

  it('is answered with the share of the channels that would fit, and with nothing where none does', () => {
    const budgetBytes = Math.floor(0.6 * peakOf({ plan: densePlan(layout, 1) }));
    const { details, message } = refusal({ budgetBytes });
    const share = Number(details['fittingShare']);
    assert.ok(share > 0.05 && share < 1, message);
    assert.match(message, new RegExp(`${Math.round(100 * share)} % of its channels`));
    assert.match(refusal({ budgetBytes: 100 }).message, /no part of this plan/);
  });
});
