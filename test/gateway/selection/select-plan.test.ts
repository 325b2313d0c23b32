import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planMemory } from '../../../gateway/engine';
import { FtteError } from '../../../gateway/platform';
import {
  denseMemory,
  redrawPlan,
  type SelectionRequest,
  selectionUnits,
  selectPlan,
  stepOperations,
} from '../../../gateway/selection';
import {
  densePlan,
  initialParameters,
  type ModelSpec,
  type Optimiser,
  type Plan,
  parameterLayout,
  planSegments,
  presetLayers,
  resolveModel,
  type SelectionGuide,
} from '../../../gateway/task';
import { smallModels } from '../../support/models';

const momentum: Optimiser = { kind: 'sgd', momentum: 0.9 };
const adam: Optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const optimisers: readonly Optimiser[] = [{ kind: 'sgd', momentum: 0 }, momentum, adam];

const wearable = resolveModel([128, 6], presetLayers('cnn1d', 'M', 6, [128, 6]), 6, 'softmax-cross-entropy');
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
/** The strategies that cut a ranking where the budget ends. */
const rankings = ['magnitude', 'deepest', 'contribution', 'gradient', 'dynamic'] as const;
const coordinates = (model: ModelSpec, plan: Plan): Set<number> =>
  new Set(
    planSegments(parameterLayout(model), plan).flatMap(({ offset, length }) =>
      Array.from({ length }, (_, i) => offset + i),
    ),
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
/** A guide as a coordinator may have measured it, from a few numbers. */
const guideOf = (model: ModelSpec, numbers: readonly number[]): SelectionGuide => {
  const units = selectionUnits(parameterLayout(model));
  const number = (i: number) => numbers[i % numbers.length]!;
  const tensors = [...new Set(units.map(({ tensor }) => tensor))];
  return {
    version: 0,
    gradients: Uint8Array.from(units, (_, i) => number(i)),
    gains: tensors.map((tensor, i) => ({
      tensor,
      gains: Array.from(
        { length: units.some((unit) => unit.tensor === tensor && unit.channel === undefined) ? 1 : 4 },
        (_, j) => (number(3 * i + j) - 60) / 1000,
      ),
    })),
  };
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

  it('cuts into the widest kernel first, by input channels, and keeps the output layer longest', () => {
    const whole = leastBudget(wearable, { strategy: 'dense' });
    const { plan } = selectPlan(request(wearable, whole - 1));
    const { tensors } = parameterLayout(wearable);
    const parts = plan.entries.filter(({ channels }) => channels);
    assert.deepEqual(namesOf(wearable, whole - 1), namesOf(wearable, whole));
    assert.deepEqual(
      parts.map(({ tensor }) => tensors[tensor]?.name),
      ['conv1d_2/kernel'],
    );
    assert.ok(parts[0]?.channels?.length);
    assert.deepEqual(namesOf(wearable, leastBudget(wearable)), ['dense/kernel', 'dense/bias']);
  });

  it('trains the biases of all layers from the lowest trained kernel up, and none below', () => {
    const { tensors } = parameterLayout(wearable);
    const least = leastBudget(wearable);
    const whole = leastBudget(wearable, { strategy: 'dense' });
    const strategies = ['magnitude', 'deepest'] as const;
    for (const [strategy, share] of strategies.flatMap((name) =>
      [0, 0.05, 0.2, 0.5, 0.9].map((at) => [name, at] as const),
    )) {
      const { plan } = selectPlan(request(wearable, least + share * (whole - least), { strategy }));
      const layers = (role: string) =>
        plan.entries
          .filter(({ tensor }) => tensors[tensor]?.role === role)
          .map(({ tensor }) => tensors[tensor]?.layer);
      const lowest = layers('kernel')[0] ?? Number.NaN;
      const above = tensors.filter(({ role, layer }) => role === 'bias' && layer >= lowest);
      assert.deepEqual(
        layers('bias'),
        above.map(({ layer }) => layer),
      );
    }
  });

  it('keeps the channels with the largest norms', () => {
    const { tensors } = parameterLayout(wearable);
    const [kernel] = tensors;
    const parameters = initialParameters(wearable, 1);
    const { size = 0, inputChannels = 1, shape = [] } = kernel ?? {};
    const outputs = shape.at(-1) ?? 1;
    // Channels 1 and 4 of the first kernel are loud, and they alone.
    for (let i = 0; i < size; i++) {
      const channel = Math.floor(i / outputs) % inputChannels;
      parameters[i] = channel === 1 || channel === 4 ? 9 : 0;
    }
    const biases = [{ tensor: 1 }, { tensor: 3 }, { tensor: 5 }];
    const entries = [{ tensor: 0, channels: [1, 4] }, ...biases, { tensor: 6 }, { tensor: 7 }];
    const plan = { entries, microBatch: 1 };
    const budget = planMemory({ model: wearable, plan, optimiser: momentum, batchSize: 32 }).peakBytes;
    assert.deepEqual(selectPlan(request(wearable, budget, { parameters })).plan, plan);
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

  const guided = fc.record({
    values: scenario,
    strategy: fc.constantFrom(...rankings),
    numbers: fc.option(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 5, maxLength: 40 }), {
      nil: undefined,
    }),
  });

  it('gives the smaller budget a part of what the larger one trains, whatever was measured', () => {
    fc.assert(
      fc.property(guided, ({ values, strategy, numbers }) => {
        const { model } = values;
        const guide = numbers && guideOf(model, numbers);
        const [small, large] = requests(values).map((asked) =>
          coordinates(model, selectPlan({ ...asked, strategy, guide, version: 3 }).plan),
        );
        for (const coordinate of small ?? []) assert.ok(large?.has(coordinate), `${coordinate} is lost`);
      }),
      { numRuns: 150 },
    );
  });

  it('stays within the budget with every strategy, whatever was measured, and repeats', () => {
    fc.assert(
      fc.property(guided, ({ values, strategy, numbers }) => {
        const guide = numbers && guideOf(values.model, numbers);
        const [small] = requests(values);
        const asked = { ...small, strategy, guide, version: 7 };
        const { plan, memory } = selectPlan(asked);
        const { model, optimiser, batchSize, budgetBytes } = asked;
        assert.deepEqual(memory, planMemory({ model, plan, optimiser, batchSize }));
        assert.ok(memory.peakBytes <= budgetBytes);
        assert.deepEqual(selectPlan({ ...asked, parameters: asked.parameters.slice() }).plan, plan);
      }),
      { numRuns: 100 },
    );
  });

  it('fills the budget: no plan of a larger budget would have fitted', () => {
    const least = leastBudget(wearable);
    const step = (leastBudget(wearable, { strategy: 'dense' }) - least) / 30;
    const choices = Array.from({ length: 30 }, (_, i) => {
      const budget = Math.floor(least + i * step);
      return { budget, ...selectPlan(request(wearable, budget)) };
    });
    for (const { budget, trainedParameters } of choices) {
      const fitting = choices.filter(({ memory }) => memory.peakBytes <= budget);
      assert.equal(Math.max(...fitting.map((other) => other.trainedParameters)), trainedParameters);
    }
  });

  it('begins, as deepest, at the output and goes down', () => {
    const { tensors } = parameterLayout(wearable);
    const least = leastBudget(wearable);
    const whole = leastBudget(wearable, { strategy: 'dense' });
    let depth = 0;
    for (let share = 0; share < 1; share += 0.1) {
      const { plan } = selectPlan(
        request(wearable, least + share * (whole - least), { strategy: 'deepest' }),
      );
      const kernels = plan.entries.filter(({ tensor }) => tensors[tensor]?.role === 'kernel');
      // Only the lowest trained kernel may be partial.
      assert.ok(kernels.slice(1).every(({ channels }) => channels === undefined));
      depth = Math.max(depth, kernels.length);
    }
    assert.ok(depth > 2);
  });

  describe('that draws anew each version', () => {
    const budget = leastBudget(wearable) * 1.5;
    const draw = (seed: number, version: number) =>
      selectPlan(request(wearable, budget, { strategy: 'dynamic', seed, version })).plan;

    it('draws the same from the same seed and version, and something else from another', () => {
      assert.deepEqual(draw(1, 7), draw(1, 7));
      assert.notDeepEqual(draw(1, 7), draw(1, 8));
      assert.notDeepEqual(draw(1, 7), draw(2, 7));
    });

    it('draws another version from any one before, at the same memory to the byte', () => {
      const asked = request(wearable, budget, { strategy: 'dynamic', seed: 5 });
      const first = selectPlan({ ...asked, version: 2 });
      for (const version of [0, 3, 40]) {
        const redrawn = redrawPlan(asked, first, version);
        assert.deepEqual(redrawn, selectPlan({ ...asked, version }));
        const { plan } = redrawn;
        assert.deepEqual(
          planMemory({ model: wearable, plan, optimiser: momentum, batchSize: 32 }),
          first.memory,
        );
      }
    });

    it('leaves out the kernels that carry next to none of the measured score', () => {
      const layout = parameterLayout(wearable);
      const last = layout.tensors.findIndex(({ name }) => name === 'conv1d_2/kernel');
      const gradients = Uint8Array.from(selectionUnits(layout), ({ tensor }) => (tensor === last ? 255 : 80));
      const asked = request(wearable, budget, { strategy: 'dynamic', guide: { version: 0, gradients } });
      const kernels = selectPlan(asked).plan.entries.filter(
        ({ tensor }) => layout.tensors[tensor]!.role === 'kernel',
      );
      assert.deepEqual(
        kernels.map(({ tensor }) => layout.tensors[tensor]?.name),
        ['conv1d_2/kernel', 'dense/kernel'],
      );
    });

    it('reaches every parameter in the course of the versions', () => {
      const reached = new Set<number>();
      for (let version = 0; version < 40; version++) {
        for (const coordinate of coordinates(wearable, draw(1, version))) reached.add(coordinate);
      }
      assert.equal(reached.size, parameterLayout(wearable).size);
    });
  });

  describe('by what was measured', () => {
    const layout = parameterLayout(wearable);
    const named = (plan: Plan) => plan.entries.map(({ tensor }) => layout.tensors[tensor]?.name);
    const kernelAt = (name: string) => layout.tensors.findIndex((tensor) => tensor.name === `${name}/kernel`);
    const budget = leastBudget(wearable) * 1.3;

    it('trains the kernel that gained, as contribution', () => {
      for (const name of ['conv1d_1', 'conv1d_2']) {
        const gains = ['conv1d', 'conv1d_1', 'conv1d_2'].map((each) => ({
          tensor: kernelAt(each),
          gains: each === name ? [0.1, 0.2, 0.25, 0.26] : [0, 0, 0, 0],
        }));
        const asked = request(wearable, budget, { strategy: 'contribution', guide: { version: 0, gains } });
        assert.ok(named(selectPlan(asked).plan).includes(`${name}/kernel`));
        const others = named(selectPlan(asked).plan).filter((each) => each?.endsWith('kernel'));
        assert.deepEqual(others, [`${name}/kernel`, 'dense/kernel']);
      }
    });

    it('trains the channels with large gradients, as gradient', () => {
      const units = selectionUnits(layout);
      const loud = units.filter(
        ({ tensor, channel }) => tensor === kernelAt('conv1d_1') && channel! % 9 === 4,
      );
      const gradients = Uint8Array.from(units, (unit) => (loud.includes(unit) ? 255 : 60));
      const asked = request(wearable, budget, { strategy: 'gradient', guide: { version: 0, gradients } });
      const entry = selectPlan(asked).plan.entries.find(({ tensor }) => tensor === kernelAt('conv1d_1'));
      for (const { channel } of loud) assert.ok(!entry?.channels || entry.channels.includes(channel!));
    });

    it('goes by magnitude before anything was measured, and where it was measured on another model', () => {
      const plain = selectPlan(request(wearable, budget)).plan;
      const strange = { version: 0, gradients: new Uint8Array(3), norms: new Uint8Array(5) };
      for (const strategy of ['contribution', 'gradient'] as const) {
        assert.deepEqual(selectPlan(request(wearable, budget, { strategy })).plan, plain);
        assert.deepEqual(selectPlan(request(wearable, budget, { strategy, guide: strange })).plan, plain);
      }
    });
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

  it('is quick for the largest preset: a few looks at the exact memory, not one for each channel', () => {
    const large = resolveModel([128, 6], presetLayers('cnn1d', 'L', 6, [128, 6]), 6, 'softmax-cross-entropy');
    const asked = request(large, Math.floor(0.2 * denseMemory(large, momentum, 32).peakBytes));
    let looks = 0;
    selectPlan(asked, (plan) => {
      looks++;
      return planMemory({ model: large, plan, optimiser: momentum, batchSize: 32 });
    });
    assert.ok(looks <= 40, `${looks} looks`);
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
