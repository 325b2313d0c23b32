// One fresh process of the engine comparison: TensorFlow.js. Arguments: backend (cpu or wasm), model, plan.
import { dirname } from 'node:path';
import { initialParameters } from '../../gateway/task';
import {
  type BenchModel,
  batchSize,
  benchModels,
  inputSize,
  planCases,
  trainedTensors,
} from './engine-cases';
import type { Measurement, Skipped } from './measuring-process';
import { timeSteps } from './step-timing';

const [backend, modelName, planName] = process.argv.slice(2) as ['cpu' | 'wasm', BenchModel, string];
const model = benchModels[modelName];

async function measure(): Promise<Measurement | Skipped> {
  const rssBefore = process.memoryUsage().rss;
  const tf = require('@tensorflow/tfjs') as typeof import('@tensorflow/tfjs');
  if (backend === 'wasm') {
    const { setWasmPaths } =
      require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
  }
  await tf.setBackend(backend);
  const { TensorFlowReference } =
    require('../../test/support/tensorflow-reference') as typeof import('../../test/support/tensorflow-reference');
  const reference = new TensorFlowReference(model, initialParameters(model, 1));
  const samples = {
    count: batchSize,
    x: Float32Array.from({ length: batchSize * inputSize(model) }, (_, i) => Math.sin(i)),
    y: Uint16Array.from({ length: batchSize }, (_, i) => i % model.outputs),
  };
  const part = planCases.find(({ name }) => name === planName)?.part ?? 'full';
  const trained = trainedTensors(modelName, part);
  const take = reference.stepper({ kind: 'sgd', momentum: 0 }, 1e-3, trained);
  const step = () => take(samples);
  try {
    const { peakBytes } = await tf.profile(() => {
      step();
      return [];
    });
    const stepMs = timeSteps((steps) => {
      for (let i = 0; i < steps; i++) step();
    });
    return { stepMs, arenaBytes: peakBytes, rssDeltaBytes: process.memoryUsage().rss - rssBefore };
  } catch (error) {
    // The WebAssembly backend has no kernel for the gradient of a convolution.
    const text = error instanceof Error ? error.message : String(error);
    return { skipped: text.split('\n')[0] ?? text };
  }
}

measure().then((result) => console.log(JSON.stringify(result)));
