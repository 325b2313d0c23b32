import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { MemoryReport } from '../../../gateway/engine';
import {
  initialParameters,
  type ModelSpec,
  parameterLayout,
  planSegments,
  segmentsSize,
} from '../../../gateway/model';
import {
  type MemoryModel,
  type StrategyName,
  selectionStrategies,
  selectPlan,
} from '../../../gateway/selection';
import { randomModel } from '../../support/engine/random-model';

/** A memory that grows with what is trained and how deep it lies, for models that no engine need know. */
const plainMemory =
  (model: ModelSpec): MemoryModel =>
  ({ entries, microBatch }) => {
    const layout = parameterLayout(model);
    const size = segmentsSize(planSegments(layout, { entries, microBatch }));
    const deepest = layout.tensors[entries[0]?.tensor ?? 0]?.layer ?? 0;
    const peakBytes = 12 * size + 40 * microBatch + 8 * (model.layers.length - deepest);
    return { peakBytes } as MemoryReport;
  };

describe('Selection in random models of every layer', () => {
  const names = Object.keys(selectionStrategies).filter((name) => name !== 'dense') as StrategyName[];
  const scenario = fc.record({
    seed: fc.integer({ min: 0, max: 100_000 }),
    strategy: fc.constantFrom(...names),
    shares: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    version: fc.nat(20),
  });

  it('plans fit the layout, leave statistics alone, take what has no input channels whole, and nest', () => {
    fc.assert(
      fc.property(scenario, ({ seed, strategy, shares, version }) => {
        const model = randomModel(seed);
        const layout = parameterLayout(model);
        const memoryOf = plainMemory(model);
        const entries = layout.tensors.flatMap(({ trainable }, tensor) => (trainable ? [{ tensor }] : []));
        const most = memoryOf({ entries, microBatch: 8 }).peakBytes;
        const output = entries.filter(
          ({ tensor }) => layout.tensors[tensor]!.layer === layout.tensors.at(-1)!.layer,
        );
        const least = memoryOf({ entries: output, microBatch: 1 }).peakBytes;
        const [small, large] = [...shares]
          .sort((a, b) => a - b)
          .map((share) => {
            const budgetBytes = Math.ceil(least + share * Math.max(0, most - least));
            const asked = {
              model,
              optimiser: { kind: 'sgd', momentum: 0 } as const,
              batchSize: 8,
              strategy,
              version,
            };
            const parameters = initialParameters(model, 1);
            const { plan, memory } = selectPlan({ ...asked, budgetBytes, parameters, seed }, memoryOf);
            assert.ok(memory.peakBytes <= budgetBytes);
            for (const { tensor, channels } of plan.entries) {
              assert.ok(layout.tensors[tensor]?.trainable);
              assert.ok(channels === undefined || layout.tensors[tensor]!.inputChannels > channels.length);
            }
            return planSegments(layout, plan);
          });
        const held = new Uint8Array(layout.size);
        for (const { offset, length } of large!) held.fill(1, offset, offset + length);
        for (const { offset, length } of small!)
          assert.ok(held.subarray(offset, offset + length).every(Boolean));
      }),
      { numRuns: 300 },
    );
  });
});
