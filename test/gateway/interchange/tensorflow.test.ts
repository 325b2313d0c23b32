import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { createEngine } from '../../../gateway/engine';
import { openLayersModel, readLayersModel, writeLayersModel } from '../../../gateway/interchange';
import { layerKinds, type ModelSpec, resolveModel, sizeOf } from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';
import { presetLayers, presetNames } from '../../../gateway/task';
import { assertClose } from '../../support/engine/engines';
import { randomModel, randomParameters } from '../../support/engine/random-model';

const count = 3;

function examples(shape: readonly number[]): Float32Array {
  const random = new SeededRandom(11);
  return Float32Array.from({ length: count * sizeOf(shape) }, () => random.normal());
}

/** Predictions of plain TensorFlow.js from the files. */
async function predictedByTensorFlow(model: ModelSpec, parameters: Float32Array, x: Float32Array) {
  const { modelJson, weights } = writeLayersModel(model, parameters);
  const { modelTopology, weightsManifest } = JSON.parse(modelJson);
  const weightSpecs = weightsManifest[0].weights;
  const weightData = new Uint8Array(weights).buffer;
  const loaded = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  try {
    return tf.tidy(() => (loaded.predict(tf.tensor(x, [count, ...model.input])) as tf.Tensor).dataSync());
  } finally {
    loaded.dispose();
  }
}

function predictedByEngine(model: ModelSpec, parameters: Float32Array, x: Float32Array): Float32Array {
  const program = createEngine().compile({ model });
  program.loadParameters(parameters);
  return program.predict(x, count);
}

/** Kinds of layers that TensorFlow.js has. It knows no GRU with `reset_after` and no normalisation of groups: those files are for Keras. */
const loadable = (type: string) => !['gru', 'features', 'groupnorm'].includes(type);

describe('An exported model in plain TensorFlow.js', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  const unknown = ['gru', 'features', 'features-mlp', 'hybrid'];
  for (const preset of presetNames.filter((name) => !unknown.includes(name))) {
    it(`gives the probabilities of the preset ${preset}`, async () => {
      const input = preset === 'mobilenet-tiny' ? [16 * 16, 3] : [32, 4];
      const isAutoencoder = preset === 'autoencoder1d';
      const outputs = isAutoencoder ? sizeOf(input) : 5;
      const layers = presetLayers(preset, 'S', outputs, input);
      const model = isAutoencoder
        ? resolveModel(input, layers, outputs, 'mean-squared-error', { kind: 'input' })
        : resolveModel(input, layers, outputs, 'softmax-cross-entropy');
      const [parameters, x] = [randomParameters(model, 2), examples(input)];
      const got = await predictedByTensorFlow(model, parameters, x);
      assertClose(got, predictedByEngine(model, parameters, x), 1e-5, preset);
    });
  }

  it('gives the probabilities of random layer lists', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 120; seed++) {
      const model = randomModel(seed, loadable);
      for (const { type } of model.layers) seen.add(type);
      const [parameters, x] = [randomParameters(model, seed), examples(model.input)];
      const got = await predictedByTensorFlow(model, parameters, x);
      assertClose(got, predictedByEngine(model, parameters, x), 1e-4, `random model ${seed}`);
    }
    assert.deepEqual([...seen].sort(), Object.keys(layerKinds).filter(loadable).sort());
  });

  it('says of features that their layer has to be registered', () => {
    const layers = presetLayers('features', 'S', 3, [8, 2]);
    const model = resolveModel([8, 2], layers, 3, 'softmax-cross-entropy');
    const { remarks } = writeLayersModel(model, randomParameters(model, 1));
    assert.match(remarks.join(), /FtteFeatures, which Keras and TensorFlow.js do not have/);
  });

  it('says of a normalisation of groups that it is for Keras', () => {
    const layers = [{ type: 'groupnorm', groups: 2, epsilon: 0.001 } as const, { type: 'flatten' } as const];
    const head = { type: 'dense', units: 3 } as const;
    const model = resolveModel([6, 4], [...layers, head], 3, 'softmax-cross-entropy');
    const { remarks } = writeLayersModel(model, randomParameters(model, 1));
    assert.match(remarks.join(), /GroupNormalization of Keras, which TensorFlow.js does not have/);
  });

  it('says of a GRU that it is for Keras', () => {
    const model = resolveModel([6, 2], presetLayers('gru', 'S', 3, [6, 2]), 3, 'softmax-cross-entropy');
    const { remarks } = writeLayersModel(model, randomParameters(model, 1));
    assert.match(remarks.join(), /cannot load a GRU with reset_after/);
  });
});

describe('A model made and saved with plain TensorFlow.js', () => {
  async function imported(saved: tf.LayersModel) {
    let modelJson = '';
    let weights = new Uint8Array();
    await saved.save(
      tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
        modelJson = JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest });
        weights = new Uint8Array(weightData as ArrayBuffer);
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    return readLayersModel(openLayersModel(modelJson), new Map([['weights.bin', weights]]));
  }

  it('predicts here what it predicts there, a chain of every kind of layer', async () => {
    const { layers } = tf;
    const saved = tf.sequential({
      layers: [
        layers.conv1d({
          inputShape: [16, 3],
          filters: 6,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
        }),
        layers.batchNormalization(),
        layers.maxPooling1d({ poolSize: 2 }),
        layers.dropout({ rate: 0.1 }),
        layers.conv1d({ filters: 4, kernelSize: 3, strides: 2, useBias: false, activation: 'tanh' }),
        layers.dense({ units: 4, activation: 'relu6' }),
        layers.averagePooling1d({ poolSize: 3 }),
        layers.flatten(),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const x = examples([16, 3]);
    const wanted = tf.tidy(() => (saved.predict(tf.tensor(x, [count, 16, 3])) as tf.Tensor).dataSync());
    const model = await imported(saved);
    assert.equal(model.head, 'softmax');
    const spec = resolveModel(model.input, model.layers, 3, 'softmax-cross-entropy');
    assertClose(predictedByEngine(spec, model.parameters, x), wanted, 1e-5, 'probabilities');
  });

  it('predicts here what it predicts there, residuals and images', async () => {
    const { layers } = tf;
    const input = tf.input({ shape: [8, 8, 2] });
    const first = layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }).apply(input);
    const wide = layers
      .reLU({ maxValue: 6 })
      .apply(layers.conv2d({ filters: 8, kernelSize: 1 }).apply(first));
    const deep = layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', activation: 'relu' }).apply(wide);
    const narrow = layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(deep);
    const sum = layers.add().apply([narrow, first] as tf.SymbolicTensor[]);
    const pooled = layers.globalAveragePooling2d({}).apply(sum);
    const output = layers.dense({ units: 1, activation: 'sigmoid' }).apply(pooled) as tf.SymbolicTensor;
    const saved = tf.model({ inputs: input, outputs: output });
    const x = examples([8, 8, 2]);
    const wanted = tf.tidy(() => (saved.predict(tf.tensor(x, [count, 8, 8, 2])) as tf.Tensor).dataSync());
    const model = await imported(saved);
    assert.deepEqual([model.head, model.input], ['sigmoid', [64, 2]]);
    const spec = resolveModel(model.input, model.layers, 1, 'binary-cross-entropy');
    assertClose(predictedByEngine(spec, model.parameters, x), wanted, 1e-5, 'probabilities');
  });
});
