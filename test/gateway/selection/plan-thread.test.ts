import assert from 'node:assert/strict';
import { initialParameters, resolveModel } from '../../../gateway/model';
import { FtteError, systemClock } from '../../../gateway/platform';
import {
  denseMemory,
  measureNorms,
  type PlanRequest,
  PlanThread,
  type StrategyName,
  selectionStrategies,
  selectPlan,
} from '../../../gateway/selection';
import { presetLayers } from '../../../gateway/task';

const model = resolveModel([128, 6], presetLayers('cnn1d', 'S', 6, [128, 6]), 6, 'softmax-cross-entropy');
const optimiser = { kind: 'sgd', momentum: 0.9 } as const;
const parameters = initialParameters(model, 3);
const request: PlanRequest = {
  model,
  optimiser,
  batchSize: 32,
  budgetBytes: 90_000,
  seed: 3,
  strategy: 'magnitude',
};

describe('plans made in a thread of their own', () => {
  const thread = new PlanThread(systemClock);
  after(() => thread.close());

  it('are those that this thread would make, with every strategy and importance', async () => {
    const importance = { version: 0, norms: measureNorms(model, initialParameters(model, 4)) };
    for (const strategy of Object.keys(selectionStrategies) as StrategyName[]) {
      for (const more of [{}, { importance, version: 5 }, { maxOperations: 200_000 }]) {
        const budgetBytes = strategy === 'dense' ? 1e6 : request.budgetBytes;
        const asked = { ...request, ...more, strategy, budgetBytes };
        assert.deepEqual(await thread.plan(asked), selectPlan({ ...asked, parameters }), strategy);
      }
    }
    assert.deepEqual(
      await thread.dense({ model, optimiser, batchSize: 32 }),
      denseMemory(model, optimiser, 32),
    );
  });

  it('are refused with the numbers that would do', async () => {
    const asked = { ...request, budgetBytes: 1000 };
    let here: unknown;
    try {
      selectPlan({ ...asked, parameters });
    } catch (error) {
      here = error;
    }
    assert.ok(here instanceof FtteError);
    const { code, message, details } = here;
    await assert.rejects(thread.plan(asked), { code, message, details });
  });
});
