import { parseArgs } from 'node:util';
import { createEngine, InlineTrainer, type Trainer } from '../gateway/engine';
import { classificationFigures } from '../gateway/metrics';
import {
  type ImportanceScores,
  initialParameters,
  parameterLayout,
  planSegments,
  scatterAdd,
} from '../gateway/model';
import { SeededRandom } from '../gateway/platform';
import {
  denseMemory,
  measureImportance,
  measureNorms,
  redrawPlan,
  type SelectionRequest,
  type StrategyName,
  selectionStrategies,
  selectPlan,
} from '../gateway/selection';
import { taskModel } from '../gateway/task';
import { type SelectionData, selectionData } from './selection/selection-data';
import { dataFolder, hasData } from './support/recordings';
import { mean } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:selection` compares selection strategies inside memory budgets, from a random and from a warm start. */
const usage = `Measures the accuracy of selection strategies inside memory budgets: trained centrally on training people of hapt,
judged on other training people. A version is one epoch, and each begins with a new optimiser, as a round does.

  npm run bench:selection -- [--json] [--seeds N] [--epochs N] [--windows N] [--size S|M] [--budgets 7,10]
                             [--strategies magnitude,dynamic]

The recordings are in FTTE_DATA (default ../shared/data).
`;

/** A row of the table. */
export interface SelectionRow {
  readonly start: 'random' | 'warm';
  readonly strategy: string;
  /** Share of the memory of dense training with the whole batch. */
  readonly budgetPercent: number;
  readonly budgetBytes: number;
  readonly peakBytes: number;
  readonly trainedShare: number;
  readonly microBatch: number;
  /** Mean over the last five epochs and all seeds. */
  readonly accuracy: number;
  /** Largest minus smallest accuracy over the seeds. */
  readonly spread: number;
}

const learningRate = 0.02;
const judgedEpochs = 5;
const warmEpochs = 5;

/** A start of the training, and the importance scores for each strategy. */
interface Start {
  readonly name: SelectionRow['start'];
  readonly parameters: Float32Array;
  readonly importances: ReadonlyMap<string, ImportanceScores | undefined>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      help: { type: 'boolean' },
      seeds: { type: 'string', default: '3' },
      epochs: { type: 'string', default: '15' },
      windows: { type: 'string', default: '1024' },
      size: { type: 'string', default: 'S' },
      budgets: { type: 'string', default: '7,10' },
      strategies: { type: 'string', default: Object.keys(selectionStrategies).join(',') },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const folder = dataFolder('hapt');
  if (!hasData('hapt')) return void process.stderr.write(`no recordings in ${folder}: set FTTE_DATA\n`);
  const size = values.size === 'M' ? 'M' : 'S';
  const budgets = values.budgets.split(',').map(Number);
  const strategies = values.strategies.split(',') as StrategyName[];
  const epochs = Number(values.epochs);
  const trainer = new InlineTrainer(createEngine('wasm-strict'));
  const results: (Omit<SelectionRow, 'spread'> & { seed: number })[] = [];
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const random = new SeededRandom(seed);
    const model = { preset: 'cnn1d', size } as const;
    const data = await selectionData({ folder, model, windows: Number(values.windows), random });
    for (const start of await startsOf(trainer, data, seed, strategies)) {
      for (const row of await judgeAll(trainer, data, start, { seed, epochs, budgets, strategies })) {
        process.stderr.write(
          `seed ${seed}: ${row.start} ${row.strategy} ${row.budgetPercent} %: ${row.accuracy.toFixed(3)}\n`,
        );
        results.push({ ...row, seed });
      }
    }
  }
  await trainer.close();
  const rows = summarise(results);
  if (values.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);
  else process.stdout.write(`${tables(rows, budgets)}\n`);
}

/** A random start, and a warm start from a model that was trained for a while on the coordinator's samples. */
async function startsOf(
  trainer: Trainer,
  data: SelectionData,
  seed: number,
  strategies: readonly StrategyName[],
): Promise<Start[]> {
  const { task, fed, fedHeldOut } = data;
  const model = taskModel(task);
  const seeded = initialParameters(model, seed);
  const dense = { ...requestOf(data, seeded, seed), budgetBytes: 1e9, strategy: 'dense' as const };
  const warm = seeded.slice();
  await train(trainer, dense, warm, { ...data, training: fed }, warmEpochs, seed);
  const starts = [
    { name: 'random', parameters: seeded },
    { name: 'warm', parameters: warm },
  ] as const;
  const found: Start[] = [];
  for (const { name, parameters } of starts) {
    const importances = new Map<string, ImportanceScores | undefined>();
    for (const strategy of strategies) {
      const { optimiser, batchSize } = task.training;
      const trial = { trainer, model, parameters, version: 0, optimiser, batchSize, learningRate, seed };
      const measured = await measureImportance(strategy, { ...trial, training: fed, heldOut: fedHeldOut });
      const norms = name === 'warm' ? { norms: measureNorms(model, parameters) } : {};
      importances.set(strategy, { version: 0, ...measured, ...norms });
    }
    found.push({ name, parameters, importances });
  }
  return found;
}

interface JudgeOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly budgets: readonly number[];
  readonly strategies: readonly StrategyName[];
}

async function judgeAll(
  trainer: Trainer,
  data: SelectionData,
  { name, parameters, importances }: Start,
  { seed, epochs, budgets, strategies }: JudgeOptions,
): Promise<Omit<SelectionRow, 'spread'>[]> {
  const model = taskModel(data.task);
  const { optimiser, batchSize } = data.task.training;
  const dense = denseMemory(model, optimiser, batchSize).peakBytes;
  const cases = strategies.flatMap((strategy) =>
    (strategy === 'dense' ? [100] : budgets).map((budgetPercent) => ({ strategy, budgetPercent })),
  );
  const rows: Omit<SelectionRow, 'spread'>[] = [];
  for (const { strategy, budgetPercent } of cases) {
    const budgetBytes = Math.floor((dense * budgetPercent) / 100);
    const seeded = initialParameters(model, seed);
    const request = {
      ...requestOf(data, seeded, seed),
      budgetBytes,
      strategy,
      importance: importances.get(strategy),
    };
    const figures = await train(trainer, request, parameters.slice(), data, epochs, seed).catch(
      () => undefined,
    );
    if (figures) rows.push({ start: name, strategy, budgetPercent, budgetBytes, ...figures });
  }
  return rows;
}

function requestOf({ task }: SelectionData, parameters: Float32Array, seed: number) {
  const { optimiser, batchSize, frozen } = task.training;
  return { model: taskModel(task), optimiser, batchSize, frozen, parameters, seed };
}

/** Trains `parameters` in place, and judges them after the last epochs. */
async function train(
  trainer: Trainer,
  request: SelectionRequest,
  parameters: Float32Array,
  { training, keptAside }: Pick<SelectionData, 'training' | 'keptAside'>,
  epochs: number,
  seed: number,
): Promise<Pick<SelectionRow, 'accuracy' | 'peakBytes' | 'trainedShare' | 'microBatch'>> {
  const { model, optimiser, batchSize, frozen = 'float32' } = request;
  const layout = parameterLayout(model);
  const selected = selectPlan(request);
  const judged: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const { plan } = redrawPlan(request, selected, epoch);
    await trainer.configure({ model, plan, optimiser, batchSize, frozen });
    await trainer.setParameters(parameters);
    const options = { epochs: 1, learningRate, seed: seed * 1000 + epoch, lossSamples: 1 };
    const { delta } = await trainer.train(training, options);
    scatterAdd(parameters, planSegments(layout, plan), delta);
    if (epoch < epochs - judgedEpochs) continue;
    await trainer.configure({ model });
    await trainer.setParameters(parameters);
    const { confusion } = await trainer.evaluate(keptAside);
    judged.push(classificationFigures(confusion, model.outputs).accuracy);
  }
  const { memory, trainedShare, plan } = selected;
  return {
    accuracy: mean(judged),
    peakBytes: memory.peakBytes,
    trainedShare,
    microBatch: plan.microBatch,
  };
}

function summarise(results: readonly (Omit<SelectionRow, 'spread'> & { seed: number })[]): SelectionRow[] {
  const groups = new Map<string, Omit<SelectionRow, 'spread'>[]>();
  for (const { seed, ...row } of results) {
    const key = [row.start, row.strategy, row.budgetPercent].join();
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((rows) => {
    const values = rows.map(({ accuracy }) => accuracy);
    const spread = Math.max(...values) - Math.min(...values);
    const trainedShare = mean(rows.map((row) => row.trainedShare));
    return { ...rows[0]!, trainedShare, accuracy: mean(values), spread };
  });
}

function tables(rows: readonly SelectionRow[], budgets: readonly number[]): string {
  const starts = [...new Set(rows.map(({ start }) => start))];
  return starts
    .map((start) => {
      const own = rows.filter((row) => row.start === start);
      const lines = [...new Set(own.map(({ strategy }) => strategy))].map((strategy) => [
        strategy,
        ...(strategy === 'dense' ? [100] : budgets).map((percent) => {
          const row = own.find((each) => each.strategy === strategy && each.budgetPercent === percent);
          if (!row) return '-';
          const share = Math.round(100 * row.trainedShare);
          return `${(100 * row.accuracy).toFixed(1)} +-${(50 * row.spread).toFixed(1)} (${share} %)`;
        }),
      ]);
      const filled = lines.map((line) => [...line, ...Array(budgets.length + 1 - line.length).fill('')]);
      return `${start} start\n${textTable(['strategy', ...budgets.map((percent) => `${percent} %`)], filled)}`;
    })
    .join('\n\n');
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
