// Measures TensorFlow.js in a fresh process. Arguments: backend (cpu, wasm or node), and the case as JSON:
// {"model": {input, layers, outputs, loss, target}, "plan", "batch"}, with plans of whole tensors only.
import { Module } from 'node:module';
import { dirname } from 'node:path';
import { loadTensorFlow, type TensorFlow } from '../../gateway/engine-tensorflow';
import { initialParameters, type ModelSpec, type Plan, resolveModel, sizeOf } from '../../gateway/model';
import { measureSteps } from '../support/step-timing';
import type { Measurement, Skipped } from './measuring-process';

const [backend, text] = process.argv.slice(2) as ['cpu' | 'wasm' | 'node', string];
const described = JSON.parse(text) as { model: ModelSpec; plan: Plan; batch: number };
const { plan, batch } = described;
const { input, layers, outputs, loss, target } = described.model;
// Resolved again, because JSON has no undefined fields.
const model = resolveModel(input, layers, outputs, loss, target);

async function measure(): Promise<Measurement | Skipped> {
  const plain = require.resolve('@tensorflow/tfjs');
  if (backend === 'node') {
    const loaded = loadTensorFlow();
    if ('missing' in loaded) return { skipped: loaded.missing };
    // The plain package is replaced by this copy, so that there is one copy of TensorFlow.js, with the native backend.
    require.cache[plain] = Object.assign(new Module(plain), { exports: loaded.tensorflow, loaded: true });
  }
  const tf = require(plain) as TensorFlow;
  if (backend === 'wasm') {
    const { setWasmPaths } =
      require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
  }
  await tf.setBackend(backend === 'node' ? 'tensorflow' : backend);
  const { TensorFlowReference } =
    require('../../test/support/engine/tensorflow-reference') as typeof import('../../test/support/engine/tensorflow-reference');
  const reference = new TensorFlowReference(model, initialParameters(model, 1));
  const samples = {
    count: batch,
    x: Float32Array.from({ length: batch * sizeOf(model.input) }, (_, i) => Math.sin(i)),
    y: Uint16Array.from({ length: model.target.kind === 'class' ? batch : 0 }, (_, i) => i % model.outputs),
  };
  const trained = plan.entries.map(({ tensor }) => tensor);
  const take = reference.stepper({ kind: 'sgd', momentum: 0 }, 1e-3, trained);
  const step = () => take(samples);
  try {
    const { peakBytes } = await tf.profile(() => {
      step();
      return [];
    });
    const times = measureSteps((steps) => {
      for (let i = 0; i < steps; i++) step();
    });
    return { ...times, arenaBytes: peakBytes, rssBytes: process.resourceUsage().maxRSS * 1024 };
  } catch (error) {
    // The WebAssembly backend has no kernel for the gradient of a convolution.
    const text = error instanceof Error ? error.message : String(error);
    return { skipped: text.split('\n')[0] ?? text };
  }
}

measure().then((result) => console.log(JSON.stringify(result)));
