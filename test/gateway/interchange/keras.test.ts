import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { createEngine } from '../../../gateway/engine';
import { createTensorFlowEngine } from '../../../gateway/engine-tensorflow';
import { type ImportedModel, openLayersModel, readLayersModel } from '../../../gateway/interchange';
import { type Loss, resolveModel, sizeOf, type Target } from '../../../gateway/model';
import { assertClose } from '../../support/engine/engines';

const fixtures = join(__dirname, '..', '..', 'fixtures', 'keras');
const losses: Record<string, Loss> = { softmax: 'softmax-cross-entropy', sigmoid: 'binary-cross-entropy' };

/** Error of the converter's quantisation: half precision, 16 and 8 bits of the largest weight. */
const tolerances: Record<string, number> = {
  'keras2-memory': 2e-3,
  'keras2-autoencoder': 1e-4,
  'keras3-autoencoder': 2e-2,
};

/** Left out of every file: layers that do something in training only, their seeds, and dropouts of an LSTM's own. */
const remarks = /SpatialDropout1D|seed_generator|dropout of its own|left out: [a-z0-9_/]*(count|vars\/2)$/;

/** Classes where it ends as classifiers do, else the input itself, or what follows it. */
function targetOf({ head, output }: ImportedModel): Target {
  if (head !== 'none') return { kind: 'class' };
  if (output.length > 1) return { kind: 'input' };
  return { kind: 'following', rows: 1, channels: Array.from({ length: sizeOf(output) }, (_, i) => i) };
}

describe('A model that the converter of TensorFlow.js wrote', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  for (const version of ['keras2', 'keras3', 'keras3zip']) {
    for (const name of ['chain', 'residual', 'memory', 'autoencoder', 'sequence', 'branches', 'scaled']) {
      it(`predicts what Keras recorded: ${version}, ${name}`, () => {
        const folder = join(fixtures, `${version}-${name}`);
        const opened = openLayersModel(readFileSync(join(folder, 'model.json'), 'utf8'));
        const shards = opened.shards.map((shard) => [shard, readFileSync(join(folder, shard))] as const);
        const model = readLayersModel(opened, new Map(shards));
        for (const remark of model.remarks) assert.match(remark, remarks);
        const { x, y } = JSON.parse(readFileSync(join(folder, 'example.json'), 'utf8'));
        const outputs = sizeOf(model.output);
        const loss = losses[model.head] ?? 'mean-squared-error';
        const target = targetOf(model);
        const spec = resolveModel(model.input, model.layers, outputs, loss, target);
        for (const engine of [createEngine(), createTensorFlowEngine(tf)]) {
          const program = engine.compile({ model: spec });
          program.loadParameters(model.parameters);
          const got = program.predict(Float32Array.from(x), y.length / outputs);
          assertClose(got, y, tolerances[`${version}-${name}`] ?? 1e-5, `outputs of ${engine.kind}`);
        }
      });
    }
  }
});
