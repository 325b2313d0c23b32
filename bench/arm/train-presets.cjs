// Trains each preset for one round with each strict engine, and prints what came out. Argument: the folder of the package.
// It is plain JavaScript over the package, because it runs where there is no compiler.
const { createHash } = require('node:crypto');
const { join } = require('node:path');

const modules = join(process.argv[2], 'dist', 'gateway');
const { createEngine } = require(join(modules, 'engine', 'index.js'));
const { initialParameters, parameterLayout, densePlan } = require(join(modules, 'model', 'index.js'));
const { parseTask, presetNames, taskModel } = require(join(modules, 'task', 'index.js'));

const windows = 32;

const inputs = {
  movement: { channels: ['x', 'y', 'z'].map((name) => ({ name })), rateHz: 50, length: 64, hop: 64 },
  picture: { channels: ['r', 'g', 'b'].map((name) => ({ name })), rateHz: 1, length: 256, hop: 256 },
};

/** Arbitrary numbers from -1 to 1. */
function numbers(count) {
  const values = new Float32Array(count);
  for (let i = 0, state = 1; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  return values;
}

function train(preset, kind) {
  const input = preset === 'mobilenet-tiny' ? inputs.picture : inputs.movement;
  const task = parseTask({
    name: preset,
    input,
    model: { preset, size: 'S' },
    ...(preset === 'autoencoder1d' ? { kind: 'anomaly' } : { labels: ['a', 'b', 'c'] }),
  });
  const model = taskModel(task);
  const engine = createEngine(kind);
  if (engine.kind !== kind) return { preset, kind, refused: engine.fallback ?? engine.kind };
  const plan = densePlan(parameterLayout(model), 8);
  const program = engine.compile({ model, plan, optimiser: task.training.optimiser, batchSize: 8 });
  program.loadParameters(initialParameters(model, 1));
  const x = numbers(windows * model.input.reduce((product, length) => product * length, 1));
  const y = Uint16Array.from({ length: task.labels?.length ? windows : 0 }, (_, i) => i % 3);
  const { delta, lossAfter } = program.train(
    { count: windows, x, y },
    { epochs: 2, learningRate: 0.01, seed: 1 },
  );
  const digest = createHash('sha256').update(Buffer.from(delta.buffer, delta.byteOffset, delta.byteLength));
  return {
    ...{ preset, kind, parameters: delta.length, lossAfter, digest: digest.digest('hex').slice(0, 16) },
    peakBytes: program.memory.peakBytes,
  };
}

for (const preset of presetNames)
  for (const kind of ['wasm-strict', 'javascript']) console.log(JSON.stringify(train(preset, kind)));
console.log(JSON.stringify({ arch: process.arch, rss: process.resourceUsage().maxRSS * 1024 }));
