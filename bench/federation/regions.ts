import { parseArgs } from 'node:util';
import type { Connection } from '../../gateway/client';
import { PrivacyAccount } from '../../gateway/participant';
import { Region } from '../../gateway/region';
import {
  createPool,
  type Pool,
  type Prepared,
  parseScenario,
  prepare,
  simulateSeed,
} from '../../gateway/simulation';
import { SimulatedNetwork } from '../../gateway/simulation/network/network';
import { randomStream } from '../../gateway/simulation/random/random-streams';
import { FleetPlans } from '../../gateway/simulation/recording/fleet-plans';
import { judgeVersion } from '../../gateway/simulation/recording/judge-version';
import { SharedModels, sharedDecoder } from '../../gateway/simulation/roles/shared-model';
import { simulatedConnection } from '../../gateway/simulation/roles/simulated-connection';
import { SimulatedCoordinator } from '../../gateway/simulation/roles/simulated-coordinator';
import { SimulatedFleet } from '../../gateway/simulation/roles/simulated-fleet';
import type { SimulationContext } from '../../gateway/simulation/roles/simulation-context';
import { VirtualLoop } from '../../gateway/simulation/time/virtual-loop';

const usage = `Compares regions with one flat federation of the same gateways, on a virtual clock with real training.

  npm run bench:regions -- [--regions N] [--gateways N] [--minutes N] [--seeds N] [--data DIR] [--json]

  --regions N    number of regions (default 3)
  --gateways N   gateways of each region (default 30)
  --minutes N    virtual time (default 2)
  --seeds N      paired runs (default 1)
  --data DIR     recordings in the shared format (or FTTE_DATA; default ../shared/data)
`;

/** One run: the accuracy of the model at the end, and the bytes over the long line. */
interface Outcome {
  readonly balancedAccuracy: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly versions: number;
  readonly rounds: number;
}

const fast = { upBytesPerSecond: Infinity, downBytesPerSecond: Infinity, latencyMs: 0 };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      regions: { type: 'string', default: '3' },
      gateways: { type: 'string', default: '30' },
      minutes: { type: 'string', default: '2' },
      seeds: { type: 'string', default: '1' },
      data: { type: 'string', default: process.env['FTTE_DATA'] ?? '../shared/data' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const [regions, gateways, minutes, seeds] = [
    Number(values.regions),
    Number(values.gateways),
    Number(values.minutes),
    Number(values.seeds),
  ] as const;
  const scenario = parseScenario({
    name: 'regions',
    data: { folder: `${values.data}/hapt` },
    partition: { kind: 'by-person' },
    clients: regions * gateways,
    task: {},
    delay: { kind: 'stragglers', step: { kind: 'fixed', ms: 2000 } },
    schedule: { kind: 'continuous', concurrency: regions * gateways, next: 'same' },
    stop: { virtualMs: minutes * 60_000 },
    seeds: Array.from({ length: seeds }, (_, i) => i + 1),
    evaluation: { on: 'test', everyVersions: 1_000_000, maxWindows: 2000 },
  });
  const prepared = await prepare(scenario);
  const pool = createPool({ threads: 0, examples: prepared.examples });
  const rows: { readonly seed: number; readonly flat: Outcome; readonly regional: Outcome }[] = [];
  try {
    for (const seed of scenario.seeds) {
      const flat = await flatRun(prepared, seed, pool);
      process.stderr.write(`seed ${seed}, flat: ${JSON.stringify(flat)}\n`);
      const regional = await new RegionalRun(prepared, seed, pool, regions).run();
      process.stderr.write(`seed ${seed}, regions: ${JSON.stringify(regional)}\n`);
      rows.push({ seed, flat, regional });
    }
  } finally {
    await pool.close();
  }
  const mean = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const bytes = ({ bytesUp, bytesDown }: Outcome) => bytesUp + bytesDown;
  const result = {
    regions,
    gateways,
    minutes,
    seeds,
    flatAccuracy: mean(({ flat }) => flat.balancedAccuracy),
    regionalAccuracy: mean(({ regional }) => regional.balancedAccuracy),
    difference: mean(({ flat, regional }) => regional.balancedAccuracy - flat.balancedAccuracy),
    flatBytes: mean(({ flat }) => bytes(flat)),
    regionalBytes: mean(({ regional }) => bytes(regional)),
    share: mean(({ flat, regional }) => bytes(regional) / bytes(flat)),
  };
  if (values.json) process.stdout.write(`${JSON.stringify({ ...result, runs: rows })}\n`);
  else {
    process.stdout.write(`${regions} regions of ${gateways} gateways against one federation, ${minutes} minutes, ${seeds} seeds

| | balanced accuracy | MB over the long line |
| --- | --- | --- |
| one federation | ${result.flatAccuracy.toFixed(4)} | ${(result.flatBytes / 1e6).toFixed(2)} |
| regions | ${result.regionalAccuracy.toFixed(4)} | ${(result.regionalBytes / 1e6).toFixed(2)} |

Difference ${(100 * result.difference).toFixed(2)} points, bytes ${(100 * result.share).toFixed(1)} %.
`);
  }
}

/** The same gateways in one federation: each message of each of them goes over the long line. */
async function flatRun(prepared: Prepared, seed: number, pool: Pool): Promise<Outcome> {
  const { summary, parameters } = await simulateSeed(prepared, seed, { pool });
  const { balancedAccuracy } = await judgeVersion(prepared, parameters, pool);
  const { bytesUp, bytesDown, versions, uploads } = summary;
  return { balancedAccuracy: balancedAccuracy ?? 0, bytesUp, bytesDown, versions, rounds: uploads };
}

/** One run with regions: the production roles of each floor, on one virtual clock. */
class RegionalRun {
  private readonly loop = new VirtualLoop();
  private readonly plans = new FleetPlans();
  private readonly above: SimulationContext;
  private readonly hub: SimulatedCoordinator;
  private readonly regions: {
    readonly region: Region;
    readonly fleet: SimulatedFleet;
    readonly connections: readonly Connection[];
  }[];

  constructor(
    private readonly prepared: Prepared,
    private readonly seed: number,
    pool: Pool,
    count: number,
  ) {
    const { scenario, task, examples } = prepared;
    const fleet = prepared.fleet(seed);
    this.above = {
      ...{ scenario, task, examples, fleet, seed, pool, loop: this.loop },
      warmStart: undefined,
      federation: 'above',
      network: new SimulatedNetwork(this.loop.clock, count),
      speed: fast,
      engineOf: (_, each) => each,
      models: new SharedModels(),
      evaluator: undefined,
      decode: sharedDecoder(),
      choosePlan: this.plans.choose,
      account: new PrivacyAccount(),
      memoryOf: this.plans.memoryOf,
      onProblem: (text) => void process.stderr.write(`${text}\n`),
    };
    this.hub = new SimulatedCoordinator(this.above);
    const size = fleet.clients.length / count;
    this.regions = Array.from({ length: count }, (_, r) => this.makeRegion(r, r * size, size));
  }

  async run(): Promise<Outcome> {
    const { loop, hub, regions, prepared, above } = this;
    hub.connect();
    loop.hold(Promise.resolve().then(() => void hub.role.start()));
    await loop.run(() => hub.role.status.phase === 'collecting');
    for (const { region, connections } of regions) {
      for (const connection of connections) connection.open();
      region.on('problem', (error) => above.onProblem(error.message));
      void region.start();
    }
    await loop.run(() => regions.every(({ region }) => region.status.phase === 'collecting'));
    const ready = regions.map(({ fleet }) => fleet.connect());
    await loop.run(() => ready.every((isReady) => isReady()));
    const start = loop.clock.now();
    for (const { region, fleet } of regions) {
      region.on('version', ({ version }) => fleet.version(version));
      fleet.begin(region.status.version);
    }
    const end = start + (prepared.scenario.stop.virtualMs ?? 0);
    await loop.run(() => (loop.clock.nextDue ?? Infinity) > end);
    const { parameters, version } = hub.role.export(prepared.scenario.evaluation.model);
    const { balancedAccuracy } = await judgeVersion(prepared, parameters, above.pool);
    const { up, down } = above.network.traffic.total;
    const rounds = regions.reduce((sum, { region }) => sum + region.status.accepted, 0);
    await this.end();
    return {
      balancedAccuracy: balancedAccuracy ?? 0,
      bytesUp: up,
      bytesDown: down,
      versions: version,
      rounds,
    };
  }

  private async end(): Promise<void> {
    const { regions, hub, loop } = this;
    for (const { fleet } of regions) fleet.end();
    let stopped = false;
    const stopping = (async () => {
      for (const { fleet, region, connections } of regions) {
        await fleet.stop();
        await region.stop();
        for (const connection of connections) await connection.close();
      }
      await hub.stop();
    })().finally(() => {
      stopped = true;
    });
    await loop.run(() => stopped);
    await stopping;
  }

  private makeRegion(r: number, from: number, size: number) {
    const { above, loop, seed } = this;
    const { clock } = loop;
    const context: SimulationContext = {
      ...above,
      federation: `region-${r}`,
      seed: seed + 1000 * (r + 1),
      network: new SimulatedNetwork(clock, size),
      models: new SharedModels(),
      decode: sharedDecoder(),
      scenario: {
        ...above.scenario,
        clients: size,
        schedule: { kind: 'continuous', concurrency: size, next: 'same' },
      },
      fleet: {
        clients: above.fleet.clients.slice(from, from + size),
        delay: {
          speeds: above.fleet.delay.speeds.slice(from, from + size),
          computeMs: (client, normalMs, random) =>
            above.fleet.delay.computeMs(from + client, normalMs, random),
        },
      },
    };
    const random = randomStream(context.seed, 'region');
    const id = `region-${r}`;
    const up = simulatedConnection({ network: above.network, speed: fast, client: r }, above, id, random);
    const down = simulatedConnection(
      { network: context.network, speed: fast },
      context,
      'coordinator',
      random,
    );
    const region = new Region({
      session: down.connection.session,
      onConnection: (listener) => down.transport.onState(listener),
      above: {
        session: up.connection.session,
        onConnection: (listener) => up.transport.onState(listener),
      },
      ...{ task: undefined, folder: undefined, clock, random },
    });
    return { region, fleet: new SimulatedFleet(context), connections: [up.connection, down.connection] };
  }
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
