import { parseArgs } from 'node:util';
import {
  createPool,
  parseScenario,
  prepare,
  type ScenarioInput,
  simulateSeed,
} from '../../gateway/simulation';
import { dataFolder, hasData } from '../support/recordings';
import { spreadOf } from '../support/statistics';
import { textTable } from '../support/text-table';

/** `npm run bench:conditions` compares settings of a task under conditions that make learning hard. */
const usage = `Trains federations on hapt under hard conditions, judged by five people of the training part that are kept aside.

  npm run bench:conditions -- [--table defaults|rules] [--seeds N] [--versions N] [--only NAMES] [--arms NAMES] [--json]

  --table       defaults: the defaults of a task beside earlier ones; rules: rules against skewed labels
  --seeds N     number of seeds (default 2)
  --versions N  versions of each federation (default 40)
  --only NAMES  conditions, separated by commas
  --arms NAMES  settings, separated by commas
`;

type Condition = Omit<Partial<ScenarioInput>, 'task'> & Pick<ScenarioInput, 'clients'>;

/** Memory of 8 % of what a training of the whole of \`cnn1d\` S takes. */
const smallBytes = 27_000;

const conditions: Readonly<Record<string, Condition>> = {
  'by person': { clients: 16 },
  'Dirichlet 0.1': { clients: 16, partition: { kind: 'dirichlet', alpha: 0.1 } },
  'one label each': { clients: 12, partition: { kind: 'shards', perClient: 1 } },
  'budgets of 8 %': { clients: 16, budgets: [{ share: 1, bytes: smallBytes }] },
  '90 % stragglers': { clients: 16, delay: { kind: 'stragglers', share: 0.9, slowdown: 10 } },
  'three gateways': { clients: 3 },
};

const earlier = { learningRate: 0.01, augmentation: 'none', balance: 'none' };
const features = { model: { preset: 'features' } };
const withServer = (rule: string, server: object) => ({
  ...features,
  aggregation: { rule: { kind: rule }, server },
});

const tables: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  defaults: {
    'cnn1d with earlier defaults': { model: { preset: 'cnn1d' }, training: earlier },
    'features with earlier defaults': { ...features, training: earlier },
    'features with defaults': features,
  },
  rules: {
    ftte: features,
    'server momentum 0.5': withServer('ftte', { kind: 'sgd', momentum: 0.5 }),
    'fedbuff, momentum 0.9': withServer('fedbuff', { kind: 'sgd', momentum: 0.9, learningRate: 0.1 }),
    ca2fl: { ...features, aggregation: { rule: { kind: 'ca2fl' } } },
  },
};

const ofTable = { defaults: Object.keys(conditions), rules: Object.keys(conditions).slice(0, 3) };

async function measure(name: string, task: object, condition: string, seeds: number[], versions: number) {
  const scenario = parseScenario({
    ...conditions[condition]!,
    name: condition,
    data: { folder: dataFolder('hapt') },
    validation: { people: 5 },
    task,
    schedule: { kind: 'continuous', concurrency: Math.min(10, conditions[condition]!.clients) },
    stop: { versions },
    evaluation: { on: 'validation', everyVersions: 2, meanOver: 5, clientHoldOut: 0 },
    seeds,
  });
  const prepared = await prepare(scenario);
  const values: number[] = [];
  for (const seed of seeds) {
    const pool = createPool({ threads: 0, examples: prepared.examples });
    const { summary } = await simulateSeed(prepared, seed, { pool });
    await pool.close();
    values.push(summary.finalBalancedAccuracy ?? Number.NaN);
    process.stderr.write(`${condition}, ${name}, seed ${seed}: ${values.at(-1)?.toFixed(3)}\n`);
  }
  return values;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      table: { type: 'string', default: 'defaults' },
      seeds: { type: 'string', default: '2' },
      versions: { type: 'string', default: '40' },
      only: { type: 'string' },
      arms: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const table = values.table === 'rules' ? 'rules' : 'defaults';
  if (!hasData('hapt')) throw new Error(`no recordings in ${dataFolder('hapt')}: set FTTE_DATA`);
  const arms = Object.entries(tables[table]!).filter(
    ([name]) => values.arms?.split(',').includes(name) ?? true,
  );
  const chosen = ofTable[table].filter((name) => values.only?.split(',').includes(name) ?? true);
  const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
  const rows: { condition: string; setting: string; balancedAccuracy: number[] }[] = [];
  for (const condition of chosen)
    for (const [setting, task] of arms) {
      const balancedAccuracy = await measure(setting, task, condition, seeds, Number(values.versions));
      rows.push({ condition, setting, balancedAccuracy });
    }
  if (values.json) return console.log(JSON.stringify({ rows }));
  const cell = (condition: string, setting: string) => {
    const row = rows.find((one) => one.condition === condition && one.setting === setting);
    const { mean, deviation } = spreadOf(row?.balancedAccuracy ?? []);
    return `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`;
  };
  const head = ['balanced accuracy', ...arms.map(([name]) => name)];
  const lines = chosen.map((condition) => [condition, ...arms.map(([name]) => cell(condition, name))]);
  console.log(textTable(head, lines, 1));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
