import * as tf from '@tensorflow/tfjs';
import { createEngine } from '../../../gateway/engine';
import { type ImportedModel, openLayersModel, readLayersModel } from '../../../gateway/interchange';
import { type Loss, resolveModel, type Shape, sizeOf } from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';
import { assertClose } from '../engine/engines';

const lossOfHead: Record<ImportedModel['head'], Loss> = {
  softmax: 'softmax-cross-entropy',
  sigmoid: 'binary-cross-entropy',
  none: 'mean-squared-error',
};

/** Sets random weights in place of the initial ones, so that biases and statistics matter. */
export function randomiseWeights(model: tf.LayersModel, seed = 1): void {
  const random = new SeededRandom(seed);
  for (const weight of model.weights) {
    const isVariance = /variance/.test(weight.originalName);
    const values = Float32Array.from({ length: sizeOf(weight.shape as number[]) }, () => {
      const value = 0.4 * random.normal();
      return isVariance ? 0.3 + Math.abs(value) : value;
    });
    weight.write(tf.tensor(values, weight.shape as number[]));
  }
}

/** The files of a model as TensorFlow.js saves it. */
export async function savedFiles(model: tf.LayersModel): Promise<{ modelJson: string; weights: Uint8Array }> {
  let files: { modelJson: string; weights: Uint8Array } | undefined;
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      files = {
        modelJson: JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }),
        weights: new Uint8Array(weightData as ArrayBuffer),
      };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return files!;
}

/** The model, imported from its files. */
export async function imported(model: tf.LayersModel): Promise<ImportedModel> {
  const { modelJson, weights } = await savedFiles(model);
  return readLayersModel(openLayersModel(modelJson), new Map([['weights.bin', weights]]));
}

/**
 * The predictions of an imported model, with its softmax or sigmoid. The inputs may have any shape of the same size.
 */
export function predicted(model: ImportedModel, x: Float32Array): Float32Array {
  const outputs = sizeOf(model.output);
  const target =
    model.head === 'none'
      ? ({ kind: 'following', rows: 1, channels: Array.from({ length: outputs }, (_, i) => i) } as const)
      : ({ kind: 'class' } as const);
  const spec = resolveModel(model.input, model.layers, outputs, lossOfHead[model.head], target);
  const program = createEngine().compile({ model: spec });
  program.loadParameters(model.parameters);
  return program.predict(x, x.length / sizeOf(model.input));
}

/** Asserts that a model of TensorFlow.js with random weights predicts the same after it was imported. */
export async function assertSamePredictions(
  model: tf.LayersModel,
  input: Shape,
  tolerance = 1e-5,
): Promise<ImportedModel> {
  randomiseWeights(model);
  const count = 3;
  const random = new SeededRandom(11);
  const x = Float32Array.from({ length: count * sizeOf(input) }, () => random.normal());
  const wanted = tf.tidy(() => (model.predict(tf.tensor(x, [count, ...input])) as tf.Tensor).dataSync());
  const read = await imported(model);
  assertClose(predicted(read, x), wanted as Float32Array, tolerance, 'predictions');
  return read;
}
