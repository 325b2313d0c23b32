import { parseArgs } from 'node:util';
import {
  createEngine,
  type EvaluateResult,
  type FrozenPrecision,
  InlineTrainer,
  type Program,
  planMemory,
} from '../gateway/engine';
import { updateBytes } from '../gateway/participant';
import { FtteError, SeededRandom } from '../gateway/platform';
import {
  denseMemory,
  measureGuide,
  redrawPlan,
  type Selection,
  type SelectionRequest,
  type StrategyName,
  selectPlan,
} from '../gateway/selection';
import {
  densePlan,
  initialParameters,
  parameterLayout,
  planSegments,
  type SelectionGuide,
  scatterAdd,
  taskModel,
} from '../gateway/task';
import { hasData, type MemoryData, type MemoryDataOptions, memoryData } from './support/memory-data';
import { timeSteps } from './support/step-timing';
import { textTable } from './support/text-table';

/** `npm run bench:memory`: what accuracy a memory budget buys, and where the bytes are saved. */
const usage = `Accuracy, memory, step time and update size at shares of what dense training takes at batch 32.

  npm run bench:memory -- [--json] [--quick] [--seeds N] [--epochs N] [--budgets 100,50,25,12,8] [--data hapt,mitbih]
                          [--size S|M] [--strategies magnitude,deepest,dynamic,contribution,gradient] [--frozen int8] [--judge test|kept-aside]

  --json      one JSON line: {"rows", "skipped"}
  --quick     one seed, three epochs, magnitude only: under three minutes
  --frozen    float32, float16 or int8, or several: how what is not trained is held
  --judge     people whose windows are judged by: the test half (default), or a quarter of the training half that is
              then not trained on, for choosing settings

Each training is of one model on all training people together, an epoch a version. The rate falls to zero along half a
cosine; accuracies are means over the last three epochs and all seeds. The recordings are looked for in FTTE_DATA, or
../shared/data.
`;

interface Case extends Pick<MemoryDataOptions, 'name' | 'ofEachLabel' | 'without'> {
  readonly preset: 'cnn1d' | 'ds-cnn1d';
  readonly learningRate: number;
  /** Classes of very different size: the mean of the recalls. */
  readonly balanced: boolean;
}

/** Settings were chosen with --judge kept-aside. */
const cases: readonly Case[] = [
  {
    name: 'hapt',
    preset: 'cnn1d',
    learningRate: 0.03,
    balanced: false,
    ofEachLabel: { training: 250, judged: 1000 },
    without: [],
  },
  {
    name: 'mitbih',
    preset: 'ds-cnn1d',
    learningRate: 0.06,
    balanced: true,
    ofEachLabel: { training: 500, judged: 600 },
    // Eight beats to learn from, seven to judge by.
    without: ['Q'],
  },
];

export interface MemoryRow {
  readonly data: string;
  readonly model: string;
  readonly budgetPercent: number;
  readonly strategy: string;
  readonly frozen: FrozenPrecision;
  readonly budgetBytes: number;
  readonly peakBytes: number;
  /** Dense training at batch 32, less: dense training in the plan's micro-batches, then its selection, then its rounding. */
  readonly denseBytes: number;
  readonly savedByMicroBatches: number;
  readonly savedBySelection: number;
  readonly savedByRounding: number;
  readonly microBatch: number;
  readonly trainedShare: number;
  readonly stepMs: number;
  readonly updateBytes: number;
  readonly accuracy: number;
  /** Largest less smallest over the seeds. */
  readonly spread: number;
}

interface Options {
  readonly seeds: number;
  readonly epochs: number;
  readonly budgets: readonly number[];
  readonly strategies: readonly StrategyName[];
  readonly frozen: readonly FrozenPrecision[];
  readonly size: 'S' | 'M';
  readonly judgedBy: 'test' | 'kept-aside';
  readonly quick: boolean;
}

const judgedEpochs = 3;
const engine = createEngine();
const say = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
      seeds: { type: 'string' },
      epochs: { type: 'string' },
      budgets: { type: 'string', default: '100,50,25,12,8' },
      data: { type: 'string', default: cases.map(({ name }) => name).join(',') },
      size: { type: 'string', default: 'M' },
      strategies: { type: 'string' },
      frozen: { type: 'string', default: 'int8' },
      judge: { type: 'string', default: 'test' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const { quick } = values;
  const options: Options = {
    seeds: Number(values.seeds ?? (quick ? 1 : 3)),
    epochs: Number(values.epochs ?? (quick ? 3 : 12)),
    budgets: values.budgets.split(',').map(Number),
    strategies: (
      values.strategies ?? (quick ? 'magnitude' : 'magnitude,deepest,dynamic,contribution,gradient')
    ).split(',') as StrategyName[],
    frozen: values.frozen.split(',') as FrozenPrecision[],
    size: values.size === 'S' ? 'S' : 'M',
    judgedBy: values.judge === 'kept-aside' ? 'kept-aside' : 'test',
    quick,
  };
  const rows: MemoryRow[] = [];
  const skipped: Record<string, string> = {};
  for (const each of cases.filter(({ name }) => values.data.split(',').includes(name))) {
    if (!hasData(each.name)) {
      skipped[each.name] = 'no recordings: set FTTE_DATA';
      continue;
    }
    rows.push(...summarise(await measureCase(each, options, skipped)));
  }
  if (values.json) console.log(JSON.stringify({ rows, skipped }));
  else print(rows, skipped);
}

/** What has been measured, by all that it depends on. */
const guides = new Map<string, Omit<SelectionGuide, 'norms'> | undefined>();
const accuracies = new Map<string, number>();

async function known<T>(
  found: Map<string, T>,
  on: readonly (string | number)[],
  find: () => Promise<T>,
): Promise<T> {
  const key = on.join(' ');
  if (!found.has(key)) found.set(key, await find());
  return found.get(key) as T;
}

type SeedRow = Omit<MemoryRow, 'spread'>;

async function measureCase(
  each: Case,
  options: Options,
  skipped: Record<string, string>,
): Promise<SeedRow[]> {
  const rows: SeedRow[] = [];
  for (let seed = 1; seed <= options.seeds; seed++) {
    const random = new SeededRandom(seed);
    const model = { preset: each.preset, size: options.size } as const;
    const ofEachLabel = options.quick ? { training: 200, judged: 300 } : each.ofEachLabel;
    const data = await memoryData({ ...each, ofEachLabel, model, judgedBy: options.judgedBy, random });
    for (const { budgetPercent, strategy, frozen } of combinations(options)) {
      const what = `${each.name} ${budgetPercent} % ${strategy} ${frozen}`;
      try {
        const row = await measure(each, data, { ...options, budgetPercent, strategy, frozen, seed });
        rows.push(row);
        say(`${what}, seed ${seed}: ${row.accuracy.toFixed(4)} in ${row.peakBytes}`);
      } catch (error) {
        if (!(error instanceof FtteError) || error.code !== 'budget-too-small') throw error;
        skipped[what] = error.message;
        say(`${what}: ${error.message}`);
      }
    }
  }
  return rows;
}

/** At 100 % every strategy trains everything. */
function combinations({ budgets, strategies, frozen }: Options) {
  return budgets.flatMap((budgetPercent) =>
    budgetPercent >= 100
      ? [{ budgetPercent, strategy: 'dense' as const, frozen: 'float32' as const }]
      : strategies.flatMap((strategy) =>
          frozen.map((precision) => ({ budgetPercent, strategy, frozen: precision })),
        ),
  );
}

interface Chosen extends Options {
  readonly seed: number;
}

async function measure(
  each: Case,
  data: MemoryData,
  options: Omit<Chosen, 'frozen'> & {
    budgetPercent: number;
    strategy: StrategyName;
    frozen: FrozenPrecision;
  },
): Promise<SeedRow> {
  const { task } = data;
  const { budgetPercent, strategy, frozen, seed } = options;
  const { optimiser, batchSize } = task.training;
  const model = taskModel(task);
  const layout = parameterLayout(model);
  const parameters = initialParameters(model, seed);
  const denseBytes = denseMemory(model, optimiser, batchSize).peakBytes;
  const budgetBytes = Math.floor((denseBytes * budgetPercent) / 100);
  const trial = {
    model,
    parameters,
    version: 0,
    optimiser,
    batchSize,
    learningRate: each.learningRate,
    seed,
  };
  const guide = await known(guides, [data.task.name, strategy, seed], async () => {
    const trainer = new InlineTrainer(engine);
    const measured = measureGuide(strategy, {
      ...trial,
      trainer,
      training: data.fed,
      heldOut: data.fedHeldOut,
    });
    return measured.finally(() => trainer.close());
  });
  const request: SelectionRequest = { ...trial, budgetBytes, strategy, frozen, guide };
  const selected = selectPlan(request);
  // Where everything fits, strategies do not differ.
  const whole = selected.trainedShare === 1;
  const same = [
    data.task.name,
    seed,
    whole ? 'whole' : `${strategy} ${frozen}`,
    JSON.stringify(selected.plan),
  ];
  const accuracy = await known(accuracies, same, async () => train(each, data, request, selected, options));
  const { plan, memory, trainedShare } = selected;
  const { microBatch } = plan;
  const peakOf = (extra: Parameters<typeof planMemory>[0]) => planMemory(extra).peakBytes;
  const dense = peakOf({ model, plan: densePlan(layout, microBatch), optimiser, batchSize });
  const plain = peakOf({ model, plan, optimiser, batchSize });
  return {
    data: each.name,
    model: `${each.preset} ${options.size}`,
    budgetPercent,
    strategy,
    frozen,
    budgetBytes,
    peakBytes: memory.peakBytes,
    denseBytes,
    savedByMicroBatches: denseBytes - dense,
    savedBySelection: dense - plain,
    savedByRounding: plain - memory.peakBytes,
    microBatch,
    trainedShare,
    stepMs: stepTime(data, request, selected, parameters),
    updateBytes: updateBytes(task, selected),
    accuracy,
  };
}

/** @returns the mean accuracy after each of the last epochs */
function train(
  each: Case,
  data: MemoryData,
  request: SelectionRequest,
  selected: Selection,
  { epochs, seed }: Pick<Chosen, 'epochs' | 'seed'>,
): number {
  const { model, optimiser, batchSize, frozen = 'float32' } = request;
  const layout = parameterLayout(model);
  const parameters = request.parameters.slice();
  const judge = engine.compile({ model });
  const judged: number[] = [];
  let program: Program | undefined;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const { plan } = redrawPlan(request, selected, epoch);
    if (!program || plan !== selected.plan)
      program = engine.compile({ model, plan, optimiser, batchSize, frozen });
    program.loadParameters(parameters);
    const learningRate = (each.learningRate * (1 + Math.cos((Math.PI * epoch) / epochs))) / 2;
    const { delta } = program.train(data.training, {
      epochs: 1,
      learningRate,
      seed: seed * 1000 + epoch,
      lossSamples: 0,
    });
    scatterAdd(parameters, planSegments(layout, plan), delta);
    if (epoch < epochs - judgedEpochs) continue;
    judge.loadParameters(parameters);
    judged.push(accuracyOf(judge.evaluate(data.judged), model.outputs, each.balanced));
  }
  return mean(judged);
}

function stepTime(
  { training }: MemoryData,
  request: SelectionRequest,
  { plan }: Selection,
  parameters: Float32Array,
): number {
  const { model, optimiser, batchSize, frozen = 'float32' } = request;
  const program = engine.compile({ model, plan, optimiser, batchSize, frozen });
  program.loadParameters(parameters);
  return timeSteps((steps) => {
    program.train(training, { epochs: steps, maxSteps: steps, learningRate: 1e-3, seed: 1, lossSamples: 0 });
  });
}

function accuracyOf({ confusion, count }: EvaluateResult, labels: number, balanced: boolean): number {
  const right = Array.from({ length: labels }, (_, label) => confusion[label * labels + label] ?? 0);
  if (!balanced) return right.reduce((sum, hits) => sum + hits, 0) / count;
  const recalls = right.map((hits, label) => {
    const row = confusion.subarray(label * labels, (label + 1) * labels);
    return hits / row.reduce((sum, value) => sum + value, 0);
  });
  return mean(recalls.filter((recall) => !Number.isNaN(recall)));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One row for the seeds of a combination: means; the largest, where plans differ in bytes. */
function summarise(rows: readonly SeedRow[]): MemoryRow[] {
  const groups = new Map<string, SeedRow[]>();
  for (const row of rows) {
    const key = [row.budgetPercent, row.strategy, row.frozen].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const means = (pick: (row: SeedRow) => number) => mean(group.map(pick));
    const accuracies = group.map(({ accuracy }) => accuracy);
    return {
      ...group[0]!, // groups are made with their first row
      peakBytes: Math.max(...group.map(({ peakBytes }) => peakBytes)),
      savedByMicroBatches: Math.round(means((row) => row.savedByMicroBatches)),
      savedBySelection: Math.round(means((row) => row.savedBySelection)),
      savedByRounding: Math.round(means((row) => row.savedByRounding)),
      trainedShare: Number(means((row) => row.trainedShare).toFixed(3)),
      stepMs: Number(means((row) => row.stepMs).toPrecision(3)),
      updateBytes: Math.round(means((row) => row.updateBytes)),
      accuracy: Number(mean(accuracies).toFixed(4)),
      spread: Number((Math.max(...accuracies) - Math.min(...accuracies)).toFixed(4)),
    };
  });
}

function print(rows: readonly MemoryRow[], skipped: Readonly<Record<string, string>>): void {
  const head = [
    ...['data', 'model', 'budget', 'strategy', 'frozen', 'peak KB', 'micro-batches -KB', 'selection -KB'],
    ...['rounding -KB', 'batch', 'trained', 'step ms', 'update B', 'accuracy', '+-'],
  ];
  const kilobytes = (bytes: number) => (bytes / 1024).toFixed(0);
  const table = rows.map((row) => [
    row.data,
    row.model,
    `${row.budgetPercent} %`,
    row.strategy,
    row.frozen,
    kilobytes(row.peakBytes),
    kilobytes(row.savedByMicroBatches),
    kilobytes(row.savedBySelection),
    kilobytes(row.savedByRounding),
    `${row.microBatch}`,
    `${(100 * row.trainedShare).toFixed(0)} %`,
    row.stepMs.toPrecision(3),
    `${row.updateBytes}`,
    (100 * row.accuracy).toFixed(1),
    (50 * row.spread).toFixed(1),
  ]);
  console.log(textTable(head, table, 5));
  for (const [what, why] of Object.entries(skipped)) console.log(`\nleft out: ${what} (${why})`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
