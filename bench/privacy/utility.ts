import { parseArgs } from 'node:util';
import {
  createPool,
  parseScenario,
  prepare,
  type ScenarioInput,
  simulateSeed,
} from '../../gateway/simulation';
import { dataFolder } from '../support/recordings';
import { mean } from '../support/statistics';
import { textTable } from '../support/text-table';

/** `npm run bench:privacy` measures what differential privacy costs in accuracy. */
const usage = `Trains simulated gateways by person, with and without privacy, and judges the model on people kept aside.

  npm run bench:privacy -- [--epsilon none,8,...] [--seeds 1,2,...] [--versions N] [--rounds N] [--batch N] [--clip X]
                           [--rate X] [--epochs N] [--data hapt|mitbih|synthetic] [--model NAME] [--level record|gateway]
                           [--gateways N] [--contributions N] [--threads N] [--json]

  --epsilon   budgets of a gateway; none trains without noise (default none,8,4,2)
  --seeds     seeds (default 1,2,3)
  --versions  versions of a run (default 80)
  --rounds    rounds that the budget lasts for (default 60; 80 versions take about 40 of each gateway)
  --batch     samples behind a step (default: that of a task)
  --clip      norm to which the gradient of a sample is clipped (default 1)
  --rate      learning rate (default: that of a task)
  --epochs    passes of a round (default: that of a task)
  --level     record: noise at the gateway; gateway: noise at the coordinator, in versions of 50 or more (default record)
  --gateways  gateways (default 20; hapt at the level of gateways 500, mitbih 21)
  --contributions  updates of a gateway that are used, at the level of gateways (default 10)
  --threads   threads that train (default 0: this one)
  --data      hapt; mitbih: patients, with the beats model; synthetic: 10 made-up people with 240 windows each, and a small convolution (default hapt)
  --model     preset of size S (default mlp)
  --json      one JSON line per run

FTTE_DATA names the folder of the recordings (default ../shared/data).
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      epsilon: { type: 'string', default: 'none,8,4,2' },
      seeds: { type: 'string', default: '1,2,3' },
      versions: { type: 'string', default: '80' },
      rounds: { type: 'string', default: '60' },
      batch: { type: 'string' },
      clip: { type: 'string', default: '1' },
      rate: { type: 'string' },
      epochs: { type: 'string' },
      data: { type: 'string', default: 'hapt' },
      model: { type: 'string', default: 'mlp' },
      level: { type: 'string', default: 'record' },
      gateways: { type: 'string' },
      contributions: { type: 'string', default: '10' },
      threads: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const numbers = {
    versions: Number(values.versions),
    rounds: Number(values.rounds),
    batchSize: given(values.batch),
    clip: Number(values.clip),
    learningRate: given(values.rate),
    epochs: given(values.epochs),
    level: values.level,
    gateways: Number(values.gateways ?? usualGateways(values.data, values.level)),
    contributions: Number(values.contributions),
    threads: Number(values.threads),
  };
  const rows: string[][] = [];
  for (const epsilon of values.epsilon.split(',')) {
    const runs: Run[] = [];
    for (const seed of values.seeds.split(',').map(Number)) {
      const run = await measure({ epsilon, seed, data: values.data, model: values.model, ...numbers });
      if (values.json) process.stdout.write(`${JSON.stringify({ ...numbers, ...run })}\n`);
      runs.push(run);
    }
    const of = (figure: (run: Run) => number, digits = 3) => mean(runs.map(figure)).toFixed(digits);
    rows.push([
      ...[epsilon, of((run) => run.versions, 0), of((run) => run.accuracy)],
      ...[of((run) => run.balancedAccuracy), of((run) => run.bytesUp / 1024, 0)],
      of((run) => run.seconds, 1),
    ]);
  }
  if (values.json) return;
  process.stdout.write(textTable(['epsilon', 'versions', 'accuracy', 'balanced', 'KiB up', 'seconds'], rows));
}

const given = (text: string | undefined) => (text === undefined ? undefined : Number(text));

function usualGateways(data: string, level: string): number {
  if (data === 'synthetic') return 10;
  if (data === 'mitbih') return 21;
  return level === 'gateway' ? 500 : 20;
}

/** A model of 154 parameters: noise grows with the root of their number. */
const smallConvolution = {
  layers: [
    { type: 'conv1d', filters: 4, kernel: 5 },
    { type: 'relu' },
    { type: 'globalaveragepool1d' },
    { type: 'dense', units: 6 },
  ],
};

interface Cell {
  readonly epsilon: string;
  readonly seed: number;
  readonly data: string;
  readonly model: string;
  readonly versions: number;
  readonly rounds: number;
  readonly batchSize: number | undefined;
  readonly clip: number;
  readonly learningRate: number | undefined;
  readonly epochs: number | undefined;
  readonly level: string;
  readonly gateways: number;
  readonly contributions: number;
  readonly threads: number;
}

/** The result of a run. */
type Run = Awaited<ReturnType<typeof measure>>;

async function measure(cell: Cell) {
  const { epsilon, seed, data, model, versions, rounds, batchSize, clip, learningRate, epochs } = cell;
  const { level, gateways, contributions, threads } = cell;
  const isPlain = epsilon === 'none';
  const isMadeUp = data === 'synthetic';
  const isGateway = level === 'gateway';
  const budget = { epsilon: Number(epsilon), clip };
  const task: ScenarioInput['task'] = {
    model: isMadeUp ? smallConvolution : { preset: model, size: 'S' },
    input: { normalisation: 'channel' },
    training: {
      ...(batchSize !== undefined && { batchSize }),
      ...(epochs !== undefined && { epochs }),
      ...(learningRate !== undefined && { learningRate }),
    },
    // Plain runs are compared with versions of the same size.
    aggregation: { robust: 'none', ...(isGateway ? isPlain && { bufferSize: 50 } : { bufferSize: 10 }) },
    ...(!isPlain && {
      privacy: isGateway
        ? { level: 'gateway', ...budget, contributions }
        : { level: 'record', ...budget, rounds },
    }),
  };
  const scenario = parseScenario({
    name: 'privacy',
    data: isMadeUp
      ? { synthetic: { people: 12, testPeople: 2, windowsPerPerson: 240 } }
      : {
          folder: dataFolder(data),
          ...(data === 'mitbih' && { without: ['Q'], mostOfEachLabel: 300, intervals: true }),
        },
    partition: { kind: 'by-person' },
    clients: gateways,
    seeds: [seed],
    task,
    schedule: isGateway ? { kind: 'granted' } : { kind: 'continuous', concurrency: gateways },
    stop: { versions },
    evaluation: { maxWindows: 1000, everyVersions: 5, meanOver: 3 },
  });
  const prepared = await prepare(scenario);
  const pool = createPool({ threads, examples: prepared.examples });
  const before = process.cpuUsage();
  const { summary } = await simulateSeed(prepared, seed, { pool });
  const { user, system } = process.cpuUsage(before);
  await pool.close();
  return {
    epsilon,
    seed,
    data,
    level,
    gateways,
    versions: summary.versions,
    stopped: summary.stopped,
    accuracy: summary.finalAccuracy ?? 0,
    balancedAccuracy: summary.finalBalancedAccuracy ?? 0,
    bytesUp: summary.bytesUp,
    problems: summary.problems,
    seconds: (user + system) / 1e6,
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
