import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type PresetName, type PresetSize, presetNames, presetSizes } from '../gateway/task';
import { type Measurement, measureInProcess } from './engine/measuring-process';
import {
  describeCase,
  type ModelCase,
  type PlannedCase,
  presetCase,
  referenceCase,
} from './engine/model-cases';
import { batchSize } from './support/bench-models';
import { median } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:engine` compares the engine's builds with TensorFlow.js and PyTorch. */
const usage = `Compares step time and memory of the engine with those of TensorFlow.js and one-thread PyTorch (batch 32, SGD).

  npm run bench:engine -- [--json] [--rounds N] [--quick] [--models a,b] [--sizes S,M,L]

  --json      one JSON line: {"rows", "ratios", "skipped"}
  --rounds N  repeat every measurement N times, engines in turn, each in a fresh process (default 3)
  --models    "har" (561-64-6 dense, and three convolutions over 128 x 9), names of presets, or "presets" (default all)
  --sizes     sizes of the presets (default all)
  --quick     one round, size S, without the slowest engines

The plans of har are named after the trained part and, after a slash, the micro-batch if it is not the whole batch. The
plans of presets are "full" and those of the strategy "magnitude" for budgets of 50, 25 and 12 % of the arena of "full".
Ratios compare processor times, so that other work on the machine counts less. PyTorch comes from FTTE_PYTHON, or python3;
tfjs-node from FTTE_TFJS_NODE (a folder that .ci/tfjs-node.sh built), or from the dependencies.
`;

/** An engine, and the command that measures it. */
interface Contender {
  readonly engine: string;
  readonly command: string;
  readonly args: (model: ModelCase, plan: PlannedCase) => readonly string[];
  /** Most measurements of a case. */
  readonly rounds: (model: ModelCase, plan: PlannedCase) => number;
}

/** A row of the table: medians over the rounds. */
export interface EngineRow extends Measurement {
  readonly model: string;
  readonly engine: string;
  readonly plan: string;
  readonly microBatch: number;
  /** Peak resident memory above that of an idle Node.js process; null for other engines. */
  readonly rssAboveBareBytes: number | null;
}

/** Processor time of a step of `engine` divided by that of `against`: the median over the rounds. */
export interface EngineRatio {
  readonly model: string;
  readonly plan: string;
  readonly engine: string;
  readonly against: string;
  readonly ratio: number;
}

const here = (file: string) => join(__dirname, 'engine', file);
const request = ({ model }: ModelCase, { plan }: PlannedCase) =>
  JSON.stringify({ model, plan, batch: batchSize });
const always = () => Number.POSITIVE_INFINITY;
const convolves = ({ model }: ModelCase) => model.layers.some(({ type }) => type.includes('conv'));

function contenders(quick: boolean): Contender[] {
  const ours = (kind: string): Contender => ({
    engine: kind,
    command: process.execPath,
    args: (...each) => [here('engine-process.cjs'), kind, request(...each)],
    rounds: (_model, { plain }) => (kind === 'javascript' && (quick || !plain) ? 0 : always()),
  });
  const tensorflow = (backend: string, rounds: Contender['rounds']): Contender => ({
    engine: `tfjs-${backend}`,
    command: process.execPath,
    args: (...each) => [
      '--require',
      require.resolve('tsx/cjs'),
      here('tensorflow-process.ts'),
      backend,
      request(...each),
    ],
    rounds: (model, plan) => (plan.name === 'full' ? rounds(model, plan) : 0),
  });
  return [
    ours('wasm-strict'),
    ours('wasm-relaxed'),
    ours('javascript'),
    // A step of a convolution takes seconds or minutes here, so one measurement of the smallest models is enough.
    tensorflow('cpu', (model) => {
      if (!convolves(model)) return always();
      return quick || !(model.name === 'har-cnn' || model.name.endsWith('1d-S')) ? 0 : 1;
    }),
    tensorflow('wasm', always),
    tensorflow('node', always),
    {
      engine: 'pytorch',
      command: process.env['FTTE_PYTHON'] ?? 'python3',
      args: (...each) => [here('torch_process.py'), describeCase(...each)],
      rounds: (_model, { plain }) => (plain ? always() : 0),
    },
  ];
}

const references = ['pytorch', 'tfjs-node', 'tfjs-wasm', 'tfjs-cpu'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      models: { type: 'string' },
      sizes: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected 1 or more, got ${values.rounds}`);
  if (!existsSync(join(__dirname, '..', 'dist', 'gateway', 'engine')))
    throw new Error('dist/ is missing: run "npm run build" first');
  const log = (text: string) => process.stderr.write(`${text}\n`);
  const cases = chooseCases(values.models, values.sizes ?? (values.quick ? 'S' : undefined));
  const measured = await measureAll(contenders(values.quick), cases, rounds, log);
  for (const without of cases.flatMap((each) => each.without)) measured.skipped[without] = 'no plan';
  const rows = rowsOf(measured);
  const ratios = ratiosOf(measured.found);
  if (values.json) console.log(JSON.stringify({ rows, ratios, skipped: measured.skipped }));
  else print(rows, ratios, measured.skipped);
}

function chooseCases(models = 'har,presets', sizes = presetSizes.join()): ModelCase[] {
  const named = models.split(',').flatMap((name) => (name === 'presets' ? presetNames : [name]));
  return named.flatMap((name) => {
    if (name === 'har') return (['mlp', 'cnn'] as const).map(referenceCase);
    if (!presetNames.includes(name as PresetName))
      throw new Error(`--models: expected har, presets or some of ${presetNames.join(', ')}, got ${name}`);
    return sizes.split(',').map((size) => {
      if (!presetSizes.includes(size as PresetSize))
        throw new Error(`--sizes: expected some of ${presetSizes.join(', ')}, got ${size}`);
      return presetCase(name as PresetName, size as PresetSize);
    });
  });
}

/** Measurements of an engine for one model and plan, by round. */
interface Entry {
  readonly model: string;
  readonly plan: PlannedCase;
  readonly engine: string;
  readonly rounds: Measurement[];
}

/** All measurements. */
interface Measured {
  readonly found: Map<string, Entry>;
  readonly skipped: Record<string, string>;
  readonly bareBytes: number;
}

async function measureAll(
  all: readonly Contender[],
  cases: readonly ModelCase[],
  rounds: number,
  log: (text: string) => void,
): Promise<Measured> {
  const found: Measured['found'] = new Map();
  const skipped: Record<string, string> = {};
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const nothing = await measureInProcess(process.execPath, [here('engine-process.cjs'), 'bare']);
    if ('rssBytes' in nothing) bare.push(nothing.rssBytes);
    for (const model of cases) {
      for (const plan of model.plans) {
        // The engines take turns, so that noise of the machine affects all of them.
        for (const { engine, command, args, rounds: limit } of all) {
          const reason = `${engine} on ${model.name}`;
          if (round >= limit(model, plan) || skipped[engine] || skipped[reason]) continue;
          const result = await measureInProcess(command, args(model, plan));
          if ('skipped' in result) {
            const everywhere = ![...found.values()].some((entry) => entry.engine === engine);
            skipped[everywhere && !engine.startsWith('tfjs') ? engine : reason] = result.skipped;
            log(`${reason} is left out: ${result.skipped}`);
            continue;
          }
          const key = `${model.name} ${plan.name} ${engine}`;
          const entry = found.get(key) ?? { model: model.name, plan, engine, rounds: [] };
          entry.rounds.push(result);
          found.set(key, entry);
        }
      }
      log(`round ${round + 1} of ${rounds}: ${model.name}`);
    }
  }
  return { found, skipped, bareBytes: median(bare) };
}

function rowsOf({ found, bareBytes }: Measured): EngineRow[] {
  return [...found.values()].map(({ model, plan, engine, rounds }) => {
    const middle = (of: (each: Measurement) => number) => Number(median(rounds.map(of)).toPrecision(4));
    const rssBytes = median(rounds.map((each) => each.rssBytes));
    return {
      model,
      engine,
      plan: plan.name,
      microBatch: plan.plan.microBatch,
      stepMs: middle(({ stepMs }) => stepMs),
      cpuMs: middle(({ cpuMs }) => cpuMs),
      arenaBytes: rounds[0]?.arenaBytes ?? null,
      rssBytes,
      // TensorFlow.js runs with a TypeScript compiler in its process, so its figure would be too large.
      rssAboveBareBytes: references.includes(engine) ? null : rssBytes - bareBytes,
    };
  });
}

function ratiosOf(found: Measured['found']): EngineRatio[] {
  const ratios: EngineRatio[] = [];
  for (const { model, plan, engine, rounds } of found.values()) {
    if (references.includes(engine)) continue;
    for (const against of references) {
      const other = found.get(`${model} ${plan.name} ${against}`)?.rounds;
      if (!other) continue;
      const ofRounds = other.flatMap(({ cpuMs }, i) => (rounds[i] ? [rounds[i].cpuMs / cpuMs] : []));
      const ratio = Number(median(ofRounds).toPrecision(3));
      ratios.push({ model, plan: plan.name, engine, against, ratio });
    }
  }
  return ratios;
}

function print(rows: EngineRow[], ratios: EngineRatio[], skipped: Record<string, string>): void {
  const kilobytes = (bytes: number | null) => (bytes === null ? '-' : (bytes / 1024).toFixed(0));
  const table = rows.map((row) => [
    row.model,
    row.plan,
    row.engine,
    String(row.microBatch),
    row.stepMs.toPrecision(3),
    row.cpuMs.toPrecision(3),
    kilobytes(row.arenaBytes),
    row.rssAboveBareBytes === null ? '-' : (row.rssAboveBareBytes / 2 ** 20).toFixed(1),
  ]);
  const titles = ['model', 'plan', 'engine', 'micro-batch', 'step ms', 'CPU ms', 'arena KB', 'RSS +MB'];
  console.log(textTable(titles, table, 3));
  const compared = ratios.map(({ model, plan, engine, against, ratio }) => [
    model,
    plan,
    engine,
    against,
    ratio.toPrecision(3),
  ]);
  console.log(`\n${textTable(['model', 'plan', 'engine', 'against', 'time ratio'], compared, 4)}`);
  for (const [what, why] of Object.entries(skipped)) console.log(`\nleft out: ${what} (${why})`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
