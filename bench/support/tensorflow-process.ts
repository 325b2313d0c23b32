// One fresh process of the engine comparison: TensorFlow.js. Arguments: backend (cpu or wasm), and what to train as JSON:
// {"model", "plan", "batch"}; plans of whole tensors only.
import { dirname } from 'node:path';
import { initialParameters, type ModelSpec, type Plan, sizeOf } from '../../gateway/task';
import type { Measurement, Skipped } from './measuring-process';
import { measureSteps } from './step-timing';

const [backend, text] = process.argv.slice(2) as ['cpu' | 'wasm', string];
const { model, plan, batch } = JSON.parse(text) as { model: ModelSpec; plan: Plan; batch: number };

async function measure(): Promise<Measurement | Skipped> {
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
