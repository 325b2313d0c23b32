// One process that trains in the memory it was started with. Arguments: micro-batch, and the budget or nothing.
import { readFileSync } from 'node:fs';
import { createEngine } from '../../../gateway/engine';
import { densePlan, initialParameters, parameterLayout, resolveModel } from '../../../gateway/model';
import { FtteError } from '../../../gateway/platform';
import { presetLayers } from '../../../gateway/task';

/** Output of the process. `dataKilobytes` is its private writable memory: what the system's limit is about. */
export type LimitedAnswer =
  | { readonly peakBytes: number; readonly steps: number; readonly dataKilobytes: number }
  | { readonly refused: string; readonly details: FtteError['details'] };

const [microBatch, budgetBytes] = process.argv.slice(2).map(Number) as [number, number | undefined];
const model = resolveModel([128, 6], presetLayers('cnn1d', 'M', 6, [128, 6]), 6, 'softmax-cross-entropy');
const count = 256;
const samples = { count, x: new Float32Array(count * 128 * 6).fill(0.1), y: new Uint16Array(count) };

function answer(): LimitedAnswer {
  try {
    const plan = densePlan(parameterLayout(model), microBatch);
    const request = { model, plan, batchSize: count, ...(budgetBytes ? { budgetBytes } : {}) };
    const program = createEngine('wasm-strict').compile(request);
    program.loadParameters(initialParameters(model, 1));
    const { steps } = program.train(samples, { epochs: 3, learningRate: 0.01, seed: 1 });
    const status = readFileSync('/proc/self/status', 'utf8');
    const dataKilobytes = Number(/VmData:\s+(\d+)/.exec(status)?.[1]);
    return { peakBytes: program.memory.peakBytes, steps, dataKilobytes };
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    return { refused: error.code, details: error.details };
  }
}

console.log(JSON.stringify(answer()));
