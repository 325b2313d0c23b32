import { parseArgs } from 'node:util';
import type { FrozenPrecision } from '../gateway/engine';
import { FtteError, SeededRandom } from '../gateway/platform';
import type { StrategyName } from '../gateway/selection';
import { type MemoryCase, memoryCases } from './memory/memory-cases';
import { type MemoryFigures, MemoryMeasurer } from './memory/memory-measurer';
import { memoryRows, memoryTable } from './memory/memory-table';
import { peopleData } from './support/people-data';
import { hasData } from './support/recordings';

/** `npm run bench:memory` measures the accuracy that a memory budget allows, and where bytes are saved. */
const usage = `Measures accuracy, memory, step time and update size at shares of the memory of dense training at batch 32.

  npm run bench:memory -- [--json] [--quick] [--seeds N] [--epochs N] [--budgets 100,50,25,12,10,9,8]
                          [--data hapt,mitbih] [--size S|M]
                          [--strategies magnitude,deepest,dynamic,contribution,gradient] [--frozen int8]
                          [--judge test|kept-aside]

  --json      one JSON line: {"rows", "skipped"}
  --quick     one seed, three epochs, magnitude only: under three minutes
  --frozen    float32, float16 or int8, or several: precision of the parameters that are not trained
  --judge     people that judge: the test half (default), or a quarter of the training half, on which it then does not
              train, to choose settings

Each run trains one model on all training people together, one epoch per version. The learning rate follows half a cosine
down to zero. Accuracies are means over the last three epochs and all seeds. The recordings are in FTTE_DATA (default
../shared/data).
`;

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

const log = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
      seeds: { type: 'string' },
      epochs: { type: 'string' },
      budgets: { type: 'string', default: '100,50,25,12,10,9,8' },
      data: { type: 'string', default: memoryCases.map(({ name }) => name).join(',') },
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
  const figures: MemoryFigures[] = [];
  const skipped: Record<string, string> = {};
  for (const each of memoryCases.filter(({ name }) => values.data.split(',').includes(name))) {
    if (hasData(each.name)) figures.push(...(await measureCase(each, options, skipped)));
    else skipped[each.name] = 'no recordings: set FTTE_DATA';
  }
  const rows = memoryRows(figures);
  if (values.json) return void console.log(JSON.stringify({ rows, skipped }));
  console.log(memoryTable(rows));
  for (const [what, why] of Object.entries(skipped)) console.log(`\nleft out: ${what} (${why})`);
}

async function measureCase(
  each: MemoryCase,
  options: Options,
  skipped: Record<string, string>,
): Promise<MemoryFigures[]> {
  const measured: MemoryFigures[] = [];
  const measurer = new MemoryMeasurer();
  for (let seed = 1; seed <= options.seeds; seed++) {
    const random = new SeededRandom(seed);
    const model = { preset: each.preset, size: options.size } as const;
    const ofEachLabel = options.quick ? { training: 200, judged: 300 } : each.ofEachLabel;
    const data = await peopleData({ ...each, ofEachLabel, model, judgedBy: options.judgedBy, random });
    for (const { budgetPercent, strategy, frozen } of combinations(options)) {
      const what = `${each.name} ${budgetPercent} % ${strategy} ${frozen}`;
      try {
        const figures = await measurer.measure(each, data, {
          ...options,
          budgetPercent,
          strategy,
          frozen,
          seed,
        });
        measured.push(figures);
        log(`${what}, seed ${seed}: ${figures.accuracy.toFixed(4)} in ${figures.peakBytes}`);
      } catch (error) {
        if (!(error instanceof FtteError) || error.code !== 'budget-too-small') throw error;
        skipped[what] = error.message;
        log(`${what}: ${error.message}`);
      }
    }
  }
  return measured;
}

/** The combinations to measure; at 100 % there is one, because every strategy trains everything. */
function combinations({ budgets, strategies, frozen }: Options) {
  return budgets.flatMap((budgetPercent) =>
    budgetPercent >= 100
      ? [{ budgetPercent, strategy: 'dense' as const, frozen: 'float32' as const }]
      : strategies.flatMap((strategy) =>
          frozen.map((precision) => ({ budgetPercent, strategy, frozen: precision })),
        ),
  );
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
