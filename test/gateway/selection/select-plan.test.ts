import assert from 'node:assert/strict';
import { planMemory } from '../../../gateway/engine';
import { densePlan, initialParameters, parameterLayout, resolveModel } from '../../../gateway/model';
import { denseMemory, selectPlan } from '../../../gateway/selection';
import { presetLayers } from '../../../gateway/task';
import { leastBudget, momentum, namesOf, refusal, request, wearable } from './tools';

describe('selection inside a budget', () => {
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
    // In the dialogs' unit, rounded so that who gives it gives enough; to the byte in the details.
    assert.match(error.message, new RegExp(`is 1 KB too small.*needs ${Math.ceil(least / 1024)} KB`));
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
});
