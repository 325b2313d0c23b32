import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openLayersModel, readLayersModel, writeLayersModel } from '../../../gateway/interchange';
import { layerKinds, type ModelSpec, parameterLayout, resolveModel } from '../../../gateway/model';
import { presetLayers, presetNames, presetSizes } from '../../../gateway/task';
import { randomModel, randomParameters } from '../../support/engine/random-model';

function afterRoundTrip(model: ModelSpec, parameters: Float32Array, head: boolean) {
  const { modelJson, weights } = writeLayersModel(model, parameters, { head });
  const opened = openLayersModel(modelJson);
  return readLayersModel(opened, new Map([[opened.shards[0] ?? '', weights]]));
}

/** Layers as they come back: without settings that have their default. */
function plain(layers: ModelSpec['layers']) {
  return layers.map((layer) => {
    const { name, ...rest } = layer as Record<string, unknown> & { name?: string };
    if (Array.isArray(rest['kernel']) && rest['kernel'][0] === rest['kernel'][1])
      rest['kernel'] = rest['kernel'][0];
    return rest;
  });
}

describe('A model written as a LayersModel and read again', () => {
  it('is the same layers under the same names, with the same bits, whatever the layers', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.boolean(), (seed, head) => {
        const model = randomModel(seed);
        for (const { type } of model.layers) seen.add(type);
        const parameters = randomParameters(model, seed);
        const back = afterRoundTrip(model, parameters, head);
        assert.deepEqual(back.input, model.input);
        assert.deepEqual(plain(back.layers), plain(model.layers));
        const again = resolveModel(back.input, back.layers, model.outputs, model.loss);
        assert.deepEqual(again.names, model.names);
        assert.deepEqual(again.shapes, model.shapes);
        assert.deepEqual(Buffer.from(back.parameters.buffer), Buffer.from(parameters.buffer));
        const wanted = model.loss === 'softmax-cross-entropy' ? 'softmax' : 'sigmoid';
        assert.equal(back.head, head ? wanted : 'none');
      }),
      { numRuns: 400, seed: 5 },
    );
    assert.deepEqual([...seen].sort(), Object.keys(layerKinds).sort());
  });

  for (const preset of presetNames) {
    it(`is the preset ${preset} in all its sizes`, () => {
      for (const size of presetSizes) {
        const input = preset === 'mobilenet-tiny' ? [32 * 32, 3] : [64, 6];
        const outputs = preset === 'autoencoder1d' ? 64 * 6 : 5;
        const [loss, target] =
          preset === 'autoencoder1d'
            ? (['mean-squared-error', { kind: 'input' }] as const)
            : (['softmax-cross-entropy', { kind: 'class' }] as const);
        const model = resolveModel(input, presetLayers(preset, size, outputs, input), outputs, loss, target);
        const parameters = randomParameters(model, 3);
        const back = afterRoundTrip(model, parameters, true);
        assert.deepEqual(plain(back.layers), plain(model.layers));
        assert.deepEqual(back.parameters, parameters);
        assert.equal(back.parameters.length, parameterLayout(model).size);
      }
    });
  }
});
