import { parseArgs } from 'node:util';
import { createPool, parseScenario, prepare, type ScenarioInput, simulateSeed } from '../gateway/simulation';
import type { TaskInput } from '../gateway/task';
import { attacks } from './robust/attacks';
import { attackersOf, lyingEngines } from './robust/lying-engines';
import { dataFolder } from './support/recordings';
import { textTable } from './support/text-table';

/** `npm run bench:robust` measures what hostile gateways cost, and what protection against them costs. */
const usage = `Trains HAPT on 20 simulated gateways, some of which are hostile, and judges the model on people kept aside.

  npm run bench:robust -- [--robust KIND,...] [--attack NAME,...] [--share 0,0.1,...] [--seeds 1,2,...] [--versions N]
                          [--mix by-person|dirichlet|one-label] [--rule KIND] [--json]

  --robust    none, clip, trust (default: all)
  --attack    ${Object.keys(attacks).join(', ')} (default: all)
  --share     shares of hostile gateways (default 0, 0.1, 0.2, 0.3; a share of 0 runs without attack)
  --seeds     seeds (default 1,2,3)
  --versions  versions of a run (default 80)
  --mix       by-person; Dirichlet 0.1 over the labels; or one label per gateway (default by-person)
  --rule      rule of aggregation (default ftte)
  --json      one JSON line per run

FTTE_DATA names the folder of the recordings (default ../shared/data).
`;

const gateways = 20;

const mixes: Readonly<Record<string, ScenarioInput['partition']>> = {
  'by-person': { kind: 'by-person' },
  dirichlet: { kind: 'dirichlet', alpha: 0.1 },
  'one-label': { kind: 'shards', perClient: 1 },
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      robust: { type: 'string', default: 'none,clip,trust' },
      attack: { type: 'string', default: Object.keys(attacks).join(',') },
      share: { type: 'string', default: '0,0.1,0.2,0.3' },
      seeds: { type: 'string', default: '1,2,3' },
      versions: { type: 'string', default: '80' },
      mix: { type: 'string', default: 'by-person' },
      rule: { type: 'string', default: 'ftte' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const names = values.attack.split(',').filter((name) => name !== 'none');
  const unknown = names.find((name) => !attacks[name]);
  if (unknown)
    throw new Error(`--attack: expected one of ${Object.keys(attacks).join(', ')}, got ${unknown}`);
  const partition = mixes[values.mix];
  if (!partition)
    throw new Error(`--mix: expected one of ${Object.keys(mixes).join(', ')}, got ${values.mix}`);
  const cells = values.share
    .split(',')
    .map(Number)
    .flatMap((share) => (share === 0 ? [{ share, name: 'none' }] : names.map((name) => ({ share, name }))));
  const rows: string[][] = [];
  for (const robust of values.robust.split(',')) {
    for (const { share, name } of cells) {
      const runs: Run[] = [];
      for (const seed of values.seeds.split(',').map(Number)) {
        const run = await measure({
          robust,
          share,
          name,
          seed,
          partition,
          versions: Number(values.versions),
          rule: values.rule,
        });
        if (values.json)
          process.stdout.write(`${JSON.stringify({ mix: values.mix, rule: values.rule, ...run })}\n`);
        runs.push(run);
      }
      const mean = (of: (run: Run) => number) =>
        (runs.reduce((sum, run) => sum + of(run), 0) / runs.length).toFixed(3);
      rows.push([
        ...[robust, name, String(share), mean((run) => run.accuracy), mean((run) => run.balancedAccuracy)],
        ...[mean((run) => run.worstTenth), mean((run) => run.quarantinedHonest), mean((run) => run.seconds)],
      ]);
    }
  }
  if (values.json) return;
  const head = [
    'robust',
    'attack',
    'share',
    'accuracy',
    'balanced',
    'worst tenth',
    'honest quarantined',
    'seconds',
  ];
  process.stdout.write(textTable(head, rows));
}

interface Cell {
  readonly robust: string;
  readonly share: number;
  readonly name: string;
  readonly seed: number;
  readonly partition: ScenarioInput['partition'];
  readonly versions: number;
  readonly rule: string;
}

/** The result of a run. */
type Run = Awaited<ReturnType<typeof measure>>;

async function measure({ robust, share, name, seed, partition, versions, rule }: Cell) {
  const task = {
    model: { preset: 'mlp', size: 'S' },
    input: { normalisation: 'channel' },
    training: { batchSize: 32, epochs: 2, learningRate: 0.03 },
    aggregation: { bufferSize: 10, robust, rule: { kind: rule } } as TaskInput['aggregation'],
  };
  const scenario = parseScenario({
    name: 'robust',
    data: { folder: dataFolder('hapt'), mostOfEachLabel: 12 },
    partition,
    clients: gateways,
    seeds: [seed],
    task,
    schedule: { kind: 'continuous', concurrency: gateways },
    stop: { versions },
    evaluation: { maxWindows: 1000, everyVersions: 5, meanOver: 3, clientHoldOut: 0.1 },
  });
  const prepared = await prepare(scenario);
  const pool = createPool({ threads: 0, examples: prepared.examples });
  const attackers = attackersOf(share, gateways, seed);
  const engineOf = lyingEngines(attacks[name]!, attackers, prepared.task.labels.length);
  const before = process.cpuUsage();
  const { summary, versions: made } = await simulateSeed(prepared, seed, { pool, engineOf });
  const { user, system } = process.cpuUsage(before);
  await pool.close();
  const weights = (hostile: boolean) =>
    made.flatMap(({ clients, weights: shares }) =>
      shares.filter((_, i) => attackers.has(numberOf(clients[i]!)) === hostile),
    );
  const total = (of: number[]) => of.reduce((sum, value) => sum + value, 0);
  const quarantined = [...new Set(made.flatMap(({ quarantined: list = [] }) => list))].map(numberOf);
  return {
    robust,
    attack: name,
    share,
    seed,
    accuracy: summary.finalAccuracy ?? 0,
    balancedAccuracy: summary.finalBalancedAccuracy ?? 0,
    worstTenth: summary.perClient?.worstTenth ?? 0,
    perClient: summary.perClient?.mean ?? 0,
    hostileWeight: total(weights(true)) / Math.max(1, made.length),
    quarantinedHostile: quarantined.filter((one) => attackers.has(one)).length,
    quarantinedHonest: quarantined.filter((one) => !attackers.has(one)).length,
    rejected: summary.rejected,
    seconds: (user + system) / 1e6,
  };
}

const numberOf = (id: string) => Number(/(\d+)$/.exec(id)?.[1] ?? -1);

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
