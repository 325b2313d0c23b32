import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planMemory } from '../../../gateway/engine';
import { FtteError } from '../../../gateway/platform';
import { denseMemory, type SelectionRequest, selectPlan } from '../../../gateway/selection';
import {
  densePlan,
  initialParameters,
  type ModelSpec,
  type Optimiser,
  parameterLayout,
  presetLayers,
  resolveModel,
} from '../../../gateway/task';
import { smallModels } from '../../support/models';

const momentum: Optimiser = { kind: 'sgd', momentum: 0.9 };
const adam: Optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const optimisers: readonly Optimiser[] = [{ kind: 'sgd', momentum: 0 }, momentum, adam];

const wearable = resolveModel([128, 6], presetLayers('cnn1d', 'M', 6), 6, 'softmax-cross-entropy');
const models: readonly ModelSpec[] = [wearable, ...smallModels.map(([, model]) => model)];

const request = (model: ModelSpec, budgetBytes: number, rest: Partial<SelectionRequest> = {}) => ({
  model,
  optimiser: momentum,
  batchSize: 32,
  budgetBytes,
  parameters: initialParameters(model, 1),
  strategy: 'magnitude' as const,
  ...rest,
});
const namesOf = (model: ModelSpec, budgetBytes: number) =>
  selectPlan(request(model, budgetBytes)).plan.entries.map(
    ({ tensor }) => parameterLayout(model).tensors[tensor]?.name,
  );
const refusal = (select: () => unknown): FtteError => {
  try {
    select();
  } catch (error) {
    if (error instanceof FtteError) return error;
    throw error;
  }
  throw new Error('was not refused');
};
/** The least budget at which nothing is refused, as the refusal itself says. */
const leastBudget = (model: ModelSpec, rest: Partial<SelectionRequest> = {}) =>
  Number(refusal(() => selectPlan(request(model, 1, rest))).details['neededBytes']);

describe('Selection inside a budget', () => {
  it('trains everything with the whole batch at once where there is room', () => {
    const dense = denseMemory(wearable, momentum, 32);
    const { plan, memory, trainedShare } = selectPlan(request(wearable, dense.peakBytes));
    assert.deepEqual(plan, densePlan(parameterLayout(wearable), 32));
    assert.deepEqual(memory, dense);
    assert.equal(trainedShare, 1);
  });

  it('gives up the micro-batch before it gives up a parameter', () => {
    const dense = denseMemory(wearable, momentum, 32).peakBytes;
    const { plan, trainedShare, memory } = selectPlan(request(wearable, dense - 1));
    assert.equal(trainedShare, 1);
    assert.equal(plan.microBatch, 16);
    assert.ok(memory.peakBytes < dense);
  });

  it('also tries a batch that is no power of two', () => {
    const { plan } = selectPlan(request(wearable, 1e9, { batchSize: 20 }));
    assert.equal(plan.microBatch, 20);
    const dense = denseMemory(wearable, momentum, 20).peakBytes;
    assert.equal(selectPlan(request(wearable, dense - 1, { batchSize: 20 })).plan.microBatch, 16);
  });

  it('leaves out the widest kernel first, and keeps the output layer longest', () => {
    const whole = leastBudget(wearable, { strategy: 'dense' });
    const all = namesOf(wearable, whole);
    const first = namesOf(wearable, whole - 1);
    assert.deepEqual(
      all.filter((name) => !first.includes(name)),
      ['conv1d_2/kernel'],
    );
    assert.deepEqual(namesOf(wearable, leastBudget(wearable)), ['dense/kernel', 'dense/bias']);
  });

  it('keeps a bias longer than its kernel', () => {
    const kept = namesOf(wearable, leastBudget(wearable, { strategy: 'dense' }) - 1);
    assert.ok(kept.includes('conv1d_2/bias'));
  });

  it('says by how much a budget is too small, and what would do', () => {
    const least = leastBudget(wearable);
    const error = refusal(() => selectPlan(request(wearable, least - 100)));
    assert.equal(error.code, 'budget-too-small');
    assert.deepEqual(
      { ...error.details, denseBytes: 0 },
      { budgetBytes: least - 100, neededBytes: least, overBytes: 100, denseBytes: 0 },
    );
    assert.match(error.message, new RegExp(`is 100 bytes too small.*needs ${least} bytes`));
    assert.doesNotThrow(() => selectPlan(request(wearable, least)));
    assert.doesNotThrow(() =>
      selectPlan(request(wearable, Number(error.details['denseBytes']), { strategy: 'dense' })),
    );
  });

  it('refuses, as dense, what only a part of the model would fit', () => {
    const whole = leastBudget(wearable, { strategy: 'dense' });
    const error = refusal(() => selectPlan(request(wearable, whole - 1, { strategy: 'dense' })));
    assert.equal(error.code, 'budget-too-small');
    assert.match(error.message, /the whole model/);
    assert.equal(selectPlan(request(wearable, whole, { strategy: 'dense' })).trainedShare, 1);
  });

  it('refuses the parameters of another model', () => {
    assert.throws(() => selectPlan(request(wearable, 1e9, { parameters: new Float32Array(3) })), {
      code: 'plan-invalid',
    });
  });

  it('takes the first proposal of any strategy that fits', () => {
    const strategy = { propose: () => [[{ tensor: 0 }, { tensor: 2 }], [{ tensor: 1 }]] };
    const { plan } = selectPlan(request(wearable, 1e9, { strategy }));
    assert.deepEqual(plan.entries, [{ tensor: 0 }, { tensor: 2 }]);
  });

  const scenario = fc.record({
    model: fc.constantFrom(...models),
    optimiser: fc.constantFrom(...optimisers),
    batchSize: fc.integer({ min: 1, max: 40 }),
    seed: fc.integer({ min: 0, max: 1000 }),
    /** Where the budget lies between the least that works and what dense training needs. */
    at: fc.tuple(fc.double({ min: 0, max: 1.2, noNaN: true }), fc.double({ min: 0, max: 1.2, noNaN: true })),
  });
  type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;
  const requests = ({
    model,
    optimiser,
    batchSize,
    seed,
    at,
  }: Scenario): [SelectionRequest, SelectionRequest] => {
    const rest = { optimiser, batchSize, parameters: initialParameters(model, seed) };
    const least = leastBudget(model, rest);
    const span = Math.max(0, denseMemory(model, optimiser, batchSize).peakBytes - least);
    const [small, large] = [...at].sort((a, b) => a - b).map((share) => Math.floor(least + share * span));
    return [request(model, small!, rest), request(model, large!, rest)];
  };

  it('is never over the budget, to the byte of the engine own plan, and never empty', () => {
    fc.assert(
      fc.property(scenario, (values) => {
        const [asked] = requests(values);
        const { plan, memory, trainedParameters } = selectPlan(asked);
        assert.ok(memory.peakBytes <= asked.budgetBytes);
        const { model, optimiser, batchSize } = asked;
        assert.deepEqual(memory, planMemory({ model, plan, optimiser, batchSize }));
        assert.ok(trainedParameters > 0);
      }),
      { numRuns: 60 },
    );
  });

  it('never trains fewer parameters on a larger budget', () => {
    fc.assert(
      fc.property(scenario, (values) => {
        const [small, large] = requests(values).map((asked) => selectPlan(asked).trainedParameters);
        assert.ok(small! <= large!, `${small} > ${large}`);
      }),
      { numRuns: 60 },
    );
  });

  it('gives two gateways with the same budget the same plan', () => {
    fc.assert(
      fc.property(scenario, (values) => {
        const [asked] = requests(values);
        assert.deepEqual(selectPlan(asked), selectPlan({ ...asked, parameters: asked.parameters.slice() }));
      }),
      { numRuns: 20 },
    );
  });
});
