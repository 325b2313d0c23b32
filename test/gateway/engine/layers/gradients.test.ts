import assert from 'node:assert/strict';
import {
  densePlan,
  gather,
  type ModelSpec,
  type Plan,
  parameterLayout,
  planSegments,
  resolveModel,
} from '../../../../gateway/model';
import type { Optimiser } from '../../../../gateway/task';
import { convolutionModels } from '../../../support/engine/convolution-models';
import { assertClose, describeEngines } from '../../../support/engine/engines';
import { layerModels, recurrentModels } from '../../../support/engine/layer-models';
import { exampleParameters, exampleSamples, lossModels, smallModels } from '../../../support/engine/models';
import { referenceGradient, referenceLoss } from '../../../support/engine/reference-model';

const plainSgd: Optimiser = { kind: 'sgd', momentum: 0 };
const count = 3;
const conv = (filters: number) => ({ type: 'conv1d', filters, kernel: 5, padding: 'same' }) as const;
const evenModel = resolveModel(
  [8, 16],
  [
    conv(16),
    { type: 'relu' },
    conv(8),
    { type: 'relu' },
    { type: 'globalaveragepool1d' },
    { type: 'dense', units: 3 },
  ],
  3,
  'softmax-cross-entropy',
);
/** Central differences cost two losses for each coordinate: computed once per model for all engines. */
const known = new Map<ModelSpec, Float64Array>();

function gradientOf(model: ModelSpec): Float64Array {
  const gradient =
    known.get(model) ?? referenceGradient(model, exampleParameters(model), exampleSamples(model, count));
  known.set(model, gradient);
  return gradient;
}

describeEngines('Gradients against central differences of a double-precision model', (engine) => {
  /** One step of plain SGD at rate 1 changes the planned coordinates by minus their gradient. */
  const stepOf = (model: ModelSpec, plan: Plan, batchSize = count) => {
    const program = engine.compile({ model, plan, optimiser: plainSgd, batchSize });
    program.loadParameters(exampleParameters(model));
    const { delta, lossBefore } = program.train(exampleSamples(model, count), {
      epochs: 1,
      learningRate: 1,
      seed: 1,
    });
    assert.deepEqual(program.readParameters(), exampleParameters(model));
    return { gradient: delta.map((value) => -value), lossBefore };
  };

  for (const [name, model] of [
    ...smallModels,
    ...convolutionModels,
    ...lossModels,
    ...layerModels,
    ...recurrentModels,
    ['sizes that Winograd kernels take', evenModel] as const,
  ]) {
    const layout = parameterLayout(model);

    it(`are right for every coordinate of ${name}, at the full batch and at micro-batches`, () => {
      const wanted = gradientOf(model);
      for (const microBatch of [count, 2, 1]) {
        const { gradient, lossBefore } = stepOf(model, densePlan(layout, microBatch));
        assertClose(
          [lossBefore],
          [referenceLoss(model, exampleParameters(model), exampleSamples(model, count))],
          1e-5,
          'loss',
        );
        let at = 0; // statistics have no gradient
        for (const { offset, size, name: tensor } of layout.tensors.filter(({ trainable }) => trainable)) {
          const part = gradient.subarray(at, at + size);
          assertClose(part, wanted.subarray(offset, offset + size), 1e-4, `${tensor} at ${microBatch}`);
          at += size;
        }
      }
    });

    it(`are right for chosen input channels of ${name}`, () => {
      const wanted = Float32Array.from(gradientOf(model));
      const choices = [
        (channel: number) => channel % 2 === 0,
        (channel: number) => channel % 3 === 1,
        (channel: number) => channel === 0,
        () => true,
      ];
      for (const chosen of choices) {
        const entries = layout.tensors.flatMap(({ inputChannels, trainable }, tensor) => {
          if (!trainable) return [];
          const channels = Array.from({ length: inputChannels }, (_, i) => i).filter(chosen);
          if (inputChannels === 0) return tensor % 4 === 1 ? [{ tensor }] : [];
          return channels.length > 0 ? [{ tensor, channels }] : [];
        });
        for (const microBatch of [count, 1]) {
          const plan: Plan = { entries, microBatch };
          const { gradient } = stepOf(model, plan);
          const part = gather(wanted, planSegments(layout, plan));
          assertClose(gradient, part, 1e-4, `entries ${JSON.stringify(entries)} at ${microBatch}`);
        }
      }
    });
  }
});
