import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMosquitto } from '../../tools/support/mosquitto';
import { startNats } from '../../tools/support/nats';
import { startPostgres } from '../../tools/support/postgres';
import { median } from '../support/statistics';
import { textTable } from '../support/text-table';
import type { CoordinatorProcessOptions, CoordinatorReport } from './coordinator-process';
import { bufferSize } from './failover-task';
import { OneGateway } from './one-gateway';

/** `npm run bench:failover` kills coordinators and servers of logs, and measures the time to the next version. */
const usage = `Kills the leading coordinator, and measures the time until the next version; then judges what is left.

  npm run bench:failover -- [--log file,postgres,nats] [--kills N] [--seed N] [--json]

  --log     logs that are measured (default: all three)
  --kills   kills per log (default 20); with a server, every third one kills the server, too, and starts it again
  --seed    of the moments (default 1)

Real processes on this machine: Mosquitto, the server of the log, coordinators, and one gateway that sends an update until it is
acknowledged. With a server there are two coordinators, and a killed one comes back 3 seconds later to stand by. With the log in a folder there is
one, which is started again at once, as by a service manager. All end by SIGKILL. "lost" are acknowledged updates that are
not in the model, "doubled" those that are in it twice; "same bits" compares the model with one of the same updates without kills.
`;

interface Row {
  readonly log: string;
  readonly kills: number;
  readonly serverKills: number;
  readonly versions: number;
  readonly medianMs: number;
  readonly longestMs: number;
  readonly lost: number;
  readonly doubled: number;
  readonly sameBits: boolean;
}

interface Server {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** A coordinator in a process, which is started again after each kill. */
class Process {
  latest: CoordinatorReport | undefined;
  onReport: (report: CoordinatorReport) => void = () => undefined;
  private child: ChildProcess | undefined;

  constructor(private readonly options: CoordinatorProcessOptions) {}

  start(): void {
    const path = join(__dirname, 'coordinator-process.ts');
    const child = fork(path, [JSON.stringify(this.options)], {
      execArgv: ['--require', join(__dirname, '../../test/loader.cjs')],
    });
    this.child = child;
    child.on('message', (message) => {
      if (this.child !== child) return;
      this.latest = message as CoordinatorReport;
      this.onReport(this.latest);
    });
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    this.latest = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(log: string, kills: number, seed: number): Promise<Row> {
  const broker = await startMosquitto();
  const server: Server | undefined =
    log === 'postgres' ? await startPostgres() : log === 'nats' ? await startNats() : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'ftte-failover-'));
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const place = (id: string) => (server ? { storage: server.url } : { folder: join(folder, id) });
  const processes = (server ? ['hub-1', 'hub-2'] : ['hub-1']).map(
    (id) => new Process({ id, broker: url, ...place(id) }),
  );
  const gateway = await OneGateway.open(url);
  const times: number[] = [];
  let versionSeen: (version: number) => void = () => undefined;
  let lineage = '';
  for (const each of processes)
    each.onReport = (report) => {
      if (report.leads) lineage = report.lineage;
      if (report.applied !== undefined) versionSeen(report.version);
    };
  const leader = async () => {
    for (;;) {
      const found = processes.find(({ latest }) => latest?.leads);
      if (found) return found;
      await sleep(20);
    }
  };
  let random = seed;
  const draw = () => {
    random = (random * 48_271) % 2_147_483_647;
    return random / 2_147_483_647;
  };
  let serverKills = 0;
  try {
    for (const each of processes) each.start();
    await leader();
    let ended = false;
    const feeding = (async () => {
      while (!ended || gateway.sent % bufferSize !== 0) await gateway.next(lineage);
    })();
    feeding.catch((error) => {
      console.error(error);
      process.exitCode = 1;
    });
    for (let i = 0; i < kills; i++) {
      const found = await leader();
      await sleep(200 + draw() * 1_500);
      const next = new Promise<void>((resolve) => {
        versionSeen = () => resolve();
      });
      const began = performance.now();
      await found.kill();
      if (server && i % 3 === 2) {
        serverKills++;
        await server.kill();
        await server.start();
      }
      if (!server) found.start();
      await next;
      times.push(performance.now() - began);
      process.stderr.write(`${log} kill ${i + 1}: ${times.at(-1)?.toFixed(0)} ms\n`);
      if (server) {
        await sleep(3_000);
        found.start();
        // It stands by before the next kill.
        while (!found.latest) await sleep(50);
      }
    }
    ended = true;
    await feeding;
    const last = await leader();
    const versions = gateway.sent / bufferSize;
    while ((last.latest?.version ?? 0) < versions) await sleep(50);
    const { accepted = 0, digest = '', version = 0 } = last.latest ?? {};
    const acknowledged = gateway.sent;
    const twice = gateway.accepted.length - new Set(gateway.accepted).size;
    const expected = await withoutKills(gateway.sent);
    return {
      ...{ log, kills, serverKills, versions: version },
      medianMs: Math.round(median(times)),
      longestMs: Math.round(Math.max(...times)),
      lost: Math.max(0, acknowledged - accepted),
      doubled: Math.max(0, accepted - acknowledged) + twice,
      sameBits: digest === expected,
    };
  } finally {
    await Promise.all(processes.map((each) => each.kill()));
    await gateway.close();
    await server?.stop();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The digest of the model that the same updates give without kills. */
async function withoutKills(updates: number): Promise<string> {
  const broker = await startMosquitto();
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const alone = new Process({ id: 'alone', broker: url });
  const gateway = await OneGateway.open(url);
  try {
    alone.start();
    while (!alone.latest?.leads) await sleep(50);
    while (gateway.sent < updates) await gateway.next(alone.latest?.lineage ?? '');
    while ((alone.latest?.version ?? 0) < updates / bufferSize) await sleep(50);
    return alone.latest?.digest ?? '';
  } finally {
    await alone.kill();
    await gateway.close();
    await broker.stop();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      log: { type: 'string', default: 'file,postgres,nats' },
      kills: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const rows: Row[] = [];
  for (const log of values.log.split(',')) {
    if (!['file', 'postgres', 'nats'].includes(log))
      throw new Error(`--log: expected file, postgres or nats, got ${log}`);
    rows.push(await measure(log, Number(values.kills), Number(values.seed)));
  }
  if (values.json) return void console.log(JSON.stringify({ rows }));
  const titles = [
    'log',
    'kills',
    'of the server',
    'versions',
    'median s',
    'longest s',
    'lost',
    'doubled',
    'same bits',
  ];
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  console.log(
    textTable(
      titles,
      rows.map((row) => [
        row.log,
        String(row.kills),
        String(row.serverKills),
        String(row.versions),
        seconds(row.medianMs),
        seconds(row.longestMs),
        String(row.lost),
        String(row.doubled),
        row.sameBits ? 'yes' : 'no',
      ]),
      0,
    ),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
