import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planMemory } from '../../../gateway/engine';
import { densePlan, initialParameters, type Plan, parameterLayout } from '../../../gateway/model';
import { denseMemory, type SelectionRequest, selectPlan, stepOperations } from '../../../gateway/selection';
import {
  coordinates,
  importanceOf,
  leastBudget,
  models,
  optimisers,
  rankings,
  request,
  wearable,
} from './tools';

describe('selection in any model, inside any budget', () => {
  const scenario = fc.record({
    model: fc.constantFrom(...models),
    optimiser: fc.constantFrom(...optimisers),
    batchSize: fc.integer({ min: 1, max: 40 }),
    seed: fc.integer({ min: 0, max: 1000 }),
    /** Place of the budget between the least that works and what dense training needs. */
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

  it('is what the exact memory of every look would give: looks that end early say the same', () => {
    fc.assert(
      fc.property(scenario, (values) => {
        for (const asked of requests(values)) {
          const { model, optimiser, batchSize } = asked;
          const exact = (plan: Plan) => planMemory({ model, plan, optimiser, batchSize });
          assert.deepEqual(selectPlan(asked), selectPlan(asked, exact));
        }
      }),
      { numRuns: 40 },
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

  const coordinated = fc.record({
    values: scenario,
    strategy: fc.constantFrom(...rankings),
    numbers: fc.option(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 5, maxLength: 40 }), {
      nil: undefined,
    }),
  });

  it('gives the smaller budget a part of what the larger one trains, whatever was measured', () => {
    fc.assert(
      fc.property(coordinated, ({ values, strategy, numbers }) => {
        const { model } = values;
        const importance = numbers && importanceOf(model, numbers);
        const [small, large] = requests(values).map((asked) =>
          coordinates(model, selectPlan({ ...asked, strategy, importance, version: 3 }).plan),
        );
        for (const coordinate of small ?? []) assert.ok(large?.has(coordinate), `${coordinate} is lost`);
      }),
      { numRuns: 150 },
    );
  });

  it('stays within the budget with every strategy, whatever was measured, and repeats', () => {
    fc.assert(
      fc.property(coordinated, ({ values, strategy, numbers }) => {
        const importance = numbers && importanceOf(values.model, numbers);
        const [small] = requests(values);
        const asked = { ...small, strategy, importance, version: 7 };
        const { plan, memory } = selectPlan(asked);
        const { model, optimiser, batchSize, budgetBytes } = asked;
        assert.deepEqual(memory, planMemory({ model, plan, optimiser, batchSize }));
        assert.ok(memory.peakBytes <= budgetBytes);
        assert.deepEqual(selectPlan({ ...asked, parameters: asked.parameters.slice() }).plan, plan);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps a step within a number of operations, nested as budgets are, and trains the least there is at worst', () => {
    const operations = (plan: Plan) => stepOperations(wearable, plan);
    const whole = operations(densePlan(parameterLayout(wearable), 1));
    const share = fc.double({ min: 0, max: 1.1, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...rankings), share, share, (strategy, a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)].map((limit) => {
          const asked = request(wearable, 1e9, { strategy, maxOperations: limit * whole });
          const { plan } = selectPlan(asked);
          const output = plan.entries.every(
            ({ tensor }) => parameterLayout(wearable).tensors[tensor]?.layer === 9,
          );
          assert.ok(operations(plan) <= limit * whole || output);
          return coordinates(wearable, plan);
        });
        for (const coordinate of small ?? []) assert.ok(large?.has(coordinate));
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
