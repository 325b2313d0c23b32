// Measures the built engine in a fresh process. Arguments: kind ("bare" measures the process alone), and the case as JSON:
// {"model": {input, layers, outputs, loss, target}, "plan", "batch"}. It is plain JavaScript over dist/, because a compiler
// in the process would count as memory of the engine.
const { join } = require('node:path');

const [kind, text = '{}'] = process.argv.slice(2);
const { model: described, plan, batch } = JSON.parse(text);
const dist = join(__dirname, '..', '..', 'dist', 'gateway');
const warmUpMs = 300;
const measureMs = 400;

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const peakRssBytes = () => process.resourceUsage().maxRSS * 1024;

/** Arbitrary samples, made without other modules, so that nothing else is loaded. */
function samplesOf(model, count) {
  const size = model.input.reduce((product, length) => product * length, 1);
  const x = new Float32Array(count * size);
  for (let i = 0, state = 1; i < x.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    x[i] = state / 2 ** 31 - 1;
  }
  const labelled = model.target.kind === 'class';
  const y = Uint16Array.from({ length: labelled ? count : 0 }, (_, i) => i % model.outputs);
  return { count, x, y };
}

/** Milliseconds per step, by the clock and of the processor: medians over chunks of steps, after a warm-up. */
function timeSteps(steps) {
  const timed = (count) => {
    const [start, used] = [performance.now(), cpuMs()];
    steps(count);
    return [(performance.now() - start) / count, (cpuMs() - used) / count];
  };
  let count = 1;
  for (const end = performance.now() + warmUpMs; performance.now() < end; )
    count = Math.max(1, Math.min(100, Math.round(20 / timed(count)[0])));
  const chunks = [];
  const end = performance.now() + measureMs;
  do chunks.push(timed(count));
  while (performance.now() < end);
  return { stepMs: median(chunks.map(([clock]) => clock)), cpuMs: median(chunks.map(([, cpu]) => cpu)) };
}

function measure() {
  if (kind === 'bare') return { stepMs: 0, cpuMs: 0, arenaBytes: null, rssBytes: peakRssBytes() };
  const { createEngine } = require(join(dist, 'engine', 'program', 'create-engine.js'));
  const { initialParameters, resolveModel } = require(join(dist, 'model', 'index.js'));
  const { input, layers, outputs, loss, target } = described;
  const model = resolveModel(input, layers, outputs, loss, target);
  const engine = createEngine(kind);
  if (engine.kind !== kind) return { skipped: engine.fallback ?? `got ${engine.kind}` };
  const program = engine.compile({ model, plan, optimiser: { kind: 'sgd', momentum: 0 }, batchSize: batch });
  program.loadParameters(initialParameters(model, 1));
  const samples = samplesOf(model, batch);
  const times = timeSteps((steps) => {
    program.train(samples, { epochs: steps, maxSteps: steps, learningRate: 1e-3, seed: 1, lossSamples: 0 });
  });
  return { ...times, arenaBytes: program.memory.peakBytes, rssBytes: peakRssBytes() };
}

console.log(JSON.stringify(measure()));
