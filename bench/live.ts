import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createPool,
  type Pool,
  type Prepared,
  parseScenario,
  prepare,
  simulateSeed,
} from '../gateway/simulation';
import { judgeVersion } from '../gateway/simulation/recording/judge-version';
import { parseStoredTask } from '../gateway/task';
import { HostedBroker } from '../gateway/transport';
import { exampleFlows, recordingFolder } from '../tools/support/demonstration';
import { runLive } from './live/live-fleet';
import { mean, type Spread, spreadOf } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:live` compares a live fleet with its simulation. */
const usage = `Compares a live fleet with its simulation. The task of the demonstration runs on three gateways, two of them
slowed down: once over a real MQTT broker with training threads on the real clock, and once in the simulator.

  npm run bench:live -- [--data DIR] [--broker URL] [--versions N] [--seeds N] [--slowdown X] [--step-ms N] [--json]

  --data DIR      recordings in the shared format, of which it uses hapt (or FTTE_DATA; default ../shared/data)
  --broker URL    an MQTT broker (default: a hosted one, aedes over TCP)
  --versions N    number of versions (default 60)
  --seeds N       repetitions, each with its own slow gateways (default 3)
  --slowdown X    slowdown of two of the three gateways (default 5)
  --step-ms N     time of an optimiser step on the fast gateway (default 5)
`;

/** A run, live or simulated. */
interface Run {
  readonly seed: number;
  /** Time of each version, from version 1 on. */
  readonly timeMs: readonly number[];
  /** Balanced accuracy of the published average after each version. */
  readonly accuracy: readonly number[];
  readonly meanAge: number;
  /** Share of the contributions that slow gateways made. */
  readonly slowShare: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: process.env['FTTE_DATA'] ?? '../shared/data' },
      broker: { type: 'string' },
      versions: { type: 'string', default: '60' },
      seeds: { type: 'string', default: '3' },
      slowdown: { type: 'string', default: '5' },
      'step-ms': { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const number = (name: 'versions' | 'seeds' | 'slowdown' | 'step-ms', least: number) => {
    const value = Number(values[name]);
    if (!(value >= least)) throw new Error(`--${name}: expected at least ${least}, got ${values[name]}`);
    return value;
  };
  const versions = Math.round(number('versions', 1));
  const seeds = Array.from({ length: Math.round(number('seeds', 1)) }, (_, i) => i + 1);
  const [slowdown, stepMs] = [number('slowdown', 1), number('step-ms', 0.1)];

  const prepared = await prepare(scenarioOf(recordingFolder(values.data), versions, slowdown, stepMs));
  const pool = createPool({ threads: 1, examples: prepared.examples });
  const hosted = values.broker === undefined ? new HostedBroker({ port: 0 }) : undefined;
  const live: Run[] = [];
  const simulated: Run[] = [];
  try {
    await hosted?.start();
    const url = values.broker ?? `mqtt://127.0.0.1:${hosted?.port}`;
    for (const seed of seeds) {
      process.stderr.write(`seed ${seed} live (${versions} versions) ...\n`);
      live.push(await liveRun(prepared, pool, { url, seed, versions, stepMs, slowdown }));
      process.stderr.write(`seed ${seed} simulated ...\n`);
      simulated.push(await simulatedRun(prepared, pool, seed));
    }
  } finally {
    await hosted?.stop();
    await pool.close();
  }
  const report = compare(live, simulated, versions);
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${tableOf(report)}\n`);
}

/** The demonstration's task and budget; its people are dealt to three gateways that train without a pause. */
function scenarioOf(folder: string, versions: number, slowdown: number, stepMs: number) {
  const flows = exampleFlows('01 - Wearables on one machine');
  const node = flows.find(({ type }) => type === 'ftte-task');
  const { model, seed, training, selection, aggregation, encoding } = parseStoredTask(
    node?.['name'],
    node?.['task'],
  );
  const budget = flows.find(({ type }) => type === 'ftte-train');
  return parseScenario({
    name: 'live check',
    data: { folder: resolve(folder) },
    clients: 3,
    task: { model, seed, training, selection, aggregation, encoding },
    budgets: [{ share: 1, bytes: Number(budget?.['budget'] ?? 192) * 1024 }],
    delay: { kind: 'stragglers', share: 2 / 3, slowdown, jitter: 0, step: { kind: 'fixed', ms: stepMs } },
    schedule: { kind: 'continuous', concurrency: 3, next: 'same' },
    stop: { versions },
    evaluation: { on: 'test', clientHoldOut: 0 },
  });
}

async function liveRun(
  prepared: Prepared,
  pool: Pool,
  options: { url: string; seed: number; versions: number; stepMs: number; slowdown: number },
): Promise<Run> {
  const made = await runLive({ prepared, ...options });
  const slow = slowClients(prepared, options.seed);
  const accuracy: number[] = [];
  for (const { parameters } of made) accuracy.push(await balancedAccuracyOf(prepared, pool, parameters));
  const all = made.flatMap(({ contributions }) => contributions);
  return {
    seed: options.seed,
    timeMs: made.map(({ timeMs }) => timeMs),
    accuracy,
    meanAge: mean(all.map(({ age }) => age)),
    slowShare: mean(all.map(({ gateway }) => (slow.has(gateway) ? 1 : 0))),
  };
}

async function simulatedRun(prepared: Prepared, pool: Pool, seed: number): Promise<Run> {
  const { versions } = await simulateSeed(prepared, seed, { pool });
  const slow = slowClients(prepared, seed);
  return {
    seed,
    timeMs: versions.map(({ timeMs }) => timeMs),
    accuracy: versions.map(({ balancedAccuracy }) => balancedAccuracy ?? Number.NaN),
    meanAge: mean(versions.flatMap(({ ages }) => ages)),
    slowShare: mean(versions.flatMap(({ clients }) => clients).map((id) => (slow.has(id) ? 1 : 0))),
  };
}

const slowClients = (prepared: Prepared, seed: number) =>
  new Set(prepared.fleet(seed).clients.flatMap(({ id, speed }) => (speed.isStraggler ? [id] : [])));

async function balancedAccuracyOf(prepared: Prepared, pool: Pool, parameters: Float32Array): Promise<number> {
  return (await judgeVersion(prepared, parameters, pool)).balancedAccuracy ?? Number.NaN;
}

function compare(live: readonly Run[], simulated: readonly Run[], versions: number) {
  const points = Array.from({ length: 6 }, (_, i) => Math.max(1, Math.round(((i + 1) * versions) / 6)));
  const at = (runs: readonly Run[], version: number) => ({
    seconds: spreadOf(runs.map(({ timeMs }) => (timeMs[version - 1] ?? Number.NaN) / 1000)),
    balancedAccuracy: spreadOf(runs.map(({ accuracy }) => accuracy[version - 1] ?? Number.NaN)),
  });
  const totals = (runs: readonly Run[]) => ({
    meanAge: spreadOf(runs.map(({ meanAge }) => meanAge)),
    slowShareOfContributions: spreadOf(runs.map(({ slowShare }) => slowShare)),
    /** Means over the last ten versions, because single versions swing. */
    finalBalancedAccuracy: spreadOf(runs.map(({ accuracy }) => mean(accuracy.slice(-10)))),
  });
  return {
    versions: points.map((version) => ({
      version,
      live: at(live, version),
      simulated: at(simulated, version),
    })),
    live: totals(live),
    simulated: totals(simulated),
    timeRatio:
      mean(live.map(({ timeMs }) => timeMs.at(-1) as number)) /
      mean(simulated.map(({ timeMs }) => timeMs.at(-1) as number)),
    node: process.version,
    seeds: live.length,
  };
}

function tableOf(report: ReturnType<typeof compare>): string {
  const cell = ({ mean: value, deviation }: Spread, digits: number) =>
    `${value.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
  const rows = report.versions.map(({ version, live, simulated }) => [
    String(version),
    cell(live.seconds, 2),
    cell(simulated.seconds, 2),
    cell(live.balancedAccuracy, 3),
    cell(simulated.balancedAccuracy, 3),
  ]);
  const head = ['version', 'live s', 'simulated s', 'live bal. acc.', 'simulated bal. acc.'];
  const { live, simulated } = report;
  return [
    textTable(head, rows),
    '',
    `final balanced accuracy: live ${cell(live.finalBalancedAccuracy, 3)}, simulated ${cell(simulated.finalBalancedAccuracy, 3)}`,
    `mean age: live ${cell(live.meanAge, 2)}, simulated ${cell(simulated.meanAge, 2)}`,
    `contributions of the slow: live ${cell(live.slowShareOfContributions, 3)}, simulated ${cell(simulated.slowShareOfContributions, 3)}`,
    `time live / simulated: ${report.timeRatio.toFixed(3)}`,
  ].join('\n');
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
