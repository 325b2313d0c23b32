// One fresh process of the engine comparison: our engine. Arguments: kind, model, plan.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnEngineKind } from '../../gateway/engine';
import { SeededRandom } from '../../gateway/platform';
import { initialParameters } from '../../gateway/task';
import { type BenchModel, batchSize, benchModels, benchPlan, inputSize, planCases } from './engine-cases';
import type { Measurement, Skipped } from './measuring-process';
import { timeSteps } from './step-timing';

const [kind, modelName, planName] = process.argv.slice(2) as [OwnEngineKind, BenchModel, string];
const model = benchModels[modelName];
const planCase = planCases.find(({ name }) => name === planName);
if (!planCase) throw new Error(`there is no plan "${planName}"`);

const random = new SeededRandom(1);
const count = batchSize * 4;
const samples = {
  count,
  x: Float32Array.from({ length: count * inputSize(model) }, () => random.normal()),
  y: Uint16Array.from({ length: count }, (_, i) => i % model.outputs),
};
const parameters = initialParameters(model, 1);

// The built engine, where there is one: compiling TypeScript would be counted as the engine's memory.
const built = join(__dirname, '..', '..', 'dist', 'gateway', 'engine', 'create-engine.js');
const rssBefore = process.memoryUsage().rss;
const { createEngine } = require(
  existsSync(built) ? built : '../../gateway/engine/create-engine',
) as typeof import('../../gateway/engine');

function measure(): Measurement | Skipped {
  const engine = createEngine(kind);
  if (engine.kind !== kind) return { skipped: engine.fallback ?? `got ${engine.kind}` };
  const program = engine.compile({
    model,
    plan: benchPlan(modelName, planCase!), // checked above
    optimiser: { kind: 'sgd', momentum: 0 },
    batchSize,
  });
  program.loadParameters(parameters);
  const stepMs = timeSteps((steps) => {
    program.train(samples, { epochs: steps, maxSteps: steps, learningRate: 1e-3, seed: 1, lossSamples: 0 });
  });
  return {
    stepMs,
    arenaBytes: program.memory.peakBytes,
    rssDeltaBytes: process.memoryUsage().rss - rssBefore,
  };
}

console.log(JSON.stringify(measure()));
