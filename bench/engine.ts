import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchModel, benchModels, planCases } from './support/engine-cases';
import { type Measurement, measureInProcess } from './support/measuring-process';
import { median } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:engine`: our builds beside TensorFlow.js and PyTorch. */
const usage = `Step time and memory of our engine beside TensorFlow.js and one-thread PyTorch (batch 32, SGD).

  npm run bench:engine -- [--json] [--rounds N] [--quick] [--model mlp|cnn]

  --json      one JSON line: {"rows", "ratios", "skipped"}
  --rounds N  every measurement N times, engines in turn, each time in a fresh process (default 5)
  --model M   only this one
  --quick     two rounds, whole batches only, without the slowest engine

PyTorch is looked for in FTTE_PYTHON, or python3. Plans: what is trained, and after a slash the micro-batch where it is
not the whole batch. Build first ("npm run build"): without dist/, the engine's memory includes the TypeScript compiler.
`;

/** Something that can be measured, and how it is started. */
interface Contender {
  readonly engine: string;
  readonly command: string;
  readonly args: (model: BenchModel, plan: string) => readonly string[];
  /** How often it is measured for this case, at most. */
  readonly rounds: (model: BenchModel, plan: string) => number;
}

export interface EngineRow extends Measurement {
  readonly model: BenchModel;
  readonly engine: string;
  readonly plan: string;
  readonly microBatch: number;
}

/** Step time of `engine` over that of `against`: median of the ratios of the rounds. */
export interface EngineRatio {
  readonly model: BenchModel;
  readonly plan: string;
  readonly engine: string;
  readonly against: string;
  readonly ratio: number;
}

const node = (file: string, ...first: string[]): Pick<Contender, 'command' | 'args'> => ({
  command: process.execPath,
  args: (model, plan) => [
    '--require',
    require.resolve('tsx/cjs'),
    join(__dirname, 'support', file),
    ...first,
    model,
    plan,
  ],
});
const always = () => Number.POSITIVE_INFINITY;
const whole = (_model: BenchModel, plan: string) => (plan.includes('/') ? 0 : Number.POSITIVE_INFINITY);

function contenders(quick: boolean): Contender[] {
  const ours = (kind: string): Contender => ({
    engine: kind,
    ...node('engine-process.ts', kind),
    rounds: quick ? whole : always,
  });
  return [
    ours('wasm-strict'),
    ours('wasm-relaxed'),
    ours('javascript'),
    {
      engine: 'tfjs-cpu',
      ...node('tensorflow-process.ts', 'cpu'),
      // The convolutions take it ten seconds a step: once is enough.
      rounds: (model, plan) =>
        plan !== 'full' ? 0 : model === 'mlp' ? Number.POSITIVE_INFINITY : quick ? 0 : 1,
    },
    {
      engine: 'tfjs-wasm',
      ...node('tensorflow-process.ts', 'wasm'),
      rounds: (_model, plan) => (plan === 'full' ? Number.POSITIVE_INFINITY : 0),
    },
    {
      engine: 'pytorch',
      command: process.env['FTTE_PYTHON'] ?? 'python3',
      args: (model, plan) => [join(__dirname, 'support', 'torch_process.py'), model, plan],
      rounds: whole,
    },
  ];
}

const references = ['pytorch', 'tfjs-wasm', 'tfjs-cpu'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      model: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds wants 1 or more, got ${values.rounds}`);
  const models = (Object.keys(benchModels) as BenchModel[]).filter(
    (model) => values.model === undefined || values.model === model,
  );
  if (models.length === 0) throw new Error(`--model wants mlp or cnn, got ${values.model}`);
  const say = (text: string) => process.stderr.write(`${text}\n`);
  if (!existsSync(join(__dirname, '..', 'dist', 'gateway', 'engine')))
    say('dist/ is missing: the memory of our engine includes compiling it. "npm run build" first.');

  const measured = await measureAll(contenders(values.quick), models, rounds, say);
  const rows = rowsOf(measured.found);
  const ratios = ratiosOf(measured.found);
  if (values.json) console.log(JSON.stringify({ rows, ratios, skipped: measured.skipped }));
  else print(rows, ratios, measured.skipped);
}

/** Measurements by case, and by round within a case. */
type Found = Map<string, { model: BenchModel; plan: string; engine: string; rounds: Measurement[] }>;

async function measureAll(
  all: readonly Contender[],
  models: readonly BenchModel[],
  rounds: number,
  say: (text: string) => void,
): Promise<{ found: Found; skipped: Record<string, string> }> {
  const found: Found = new Map();
  const skipped: Record<string, string> = {};
  for (let round = 0; round < rounds; round++) {
    for (const model of models) {
      for (const { name: plan } of planCases) {
        // Engines in turn, so that a noisy minute of the machine hits all of them.
        for (const { engine, command, args, rounds: limit } of all) {
          const reason = `${engine} ${model}`;
          if (round >= limit(model, plan) || skipped[engine] || skipped[reason]) continue;
          const result = await measureInProcess(command, args(model, plan));
          if ('skipped' in result) {
            const everywhere = !found.size || ![...found.values()].some((entry) => entry.engine === engine);
            skipped[everywhere ? engine : reason] = result.skipped;
            say(`${engine} on ${model} is left out: ${result.skipped}`);
            continue;
          }
          const key = `${model} ${plan} ${engine}`;
          const entry = found.get(key) ?? { model, plan, engine, rounds: [] };
          entry.rounds.push(result);
          found.set(key, entry);
        }
      }
    }
    say(`round ${round + 1} of ${rounds} done`);
  }
  return { found, skipped };
}

function rowsOf(found: Found): EngineRow[] {
  return [...found.values()].map(({ model, plan, engine, rounds }) => ({
    model,
    engine,
    plan,
    microBatch: planCases.find(({ name }) => name === plan)?.microBatch ?? 0,
    stepMs: Number(median(rounds.map(({ stepMs }) => stepMs)).toPrecision(4)),
    arenaBytes: rounds[0]?.arenaBytes ?? null,
    rssDeltaBytes: median(rounds.map(({ rssDeltaBytes }) => rssDeltaBytes)),
  }));
}

function ratiosOf(found: Found): EngineRatio[] {
  const ratios: EngineRatio[] = [];
  for (const { model, plan, engine, rounds } of found.values()) {
    if (references.includes(engine)) continue;
    for (const against of references) {
      const other = found.get(`${model} ${plan} ${against}`)?.rounds;
      if (!other) continue;
      const ofRounds = other.flatMap(({ stepMs }, i) => (rounds[i] ? [rounds[i].stepMs / stepMs] : []));
      ratios.push({ model, plan, engine, against, ratio: Number(median(ofRounds).toPrecision(3)) });
    }
  }
  return ratios;
}

function print(rows: EngineRow[], ratios: EngineRatio[], skipped: Record<string, string>): void {
  const kilobytes = (bytes: number | null) => (bytes === null ? '-' : (bytes / 1024).toFixed(0));
  const sorted = [...rows].sort((a, b) => (a.model === b.model ? 0 : a.model < b.model ? 1 : -1));
  const table = sorted.map((row) => [
    row.model,
    row.plan,
    row.engine,
    row.stepMs.toPrecision(3),
    kilobytes(row.arenaBytes),
    (row.rssDeltaBytes / 2 ** 20).toFixed(1),
  ]);
  console.log(textTable(['model', 'plan', 'engine', 'step ms', 'arena KB', 'RSS +MB'], table, 3));
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
