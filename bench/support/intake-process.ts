// One fresh process that feeds a coordinator with updates. Arguments: members, buffer size, updates, `disk` or
// `memory`, folder (empty: the system's folder for temporary files), protection against hostile gateways.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Coordinator } from '../../gateway/coordinator';
import { densePlan, parameterLayout } from '../../gateway/model';
import { SeededRandom, systemClock, yieldToEventLoop } from '../../gateway/platform';
import { TransportSession } from '../../gateway/session';
import { parseTask, taskModel } from '../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../gateway/transport';
import { type Body, encodeMessage, type Tensor } from '../../gateway/wire';

/** The output of the process. */
export interface IntakeMeasurement {
  readonly cpuMsPerUpdate: number;
  readonly updatesPerSecond: number;
  /** Resident memory at the end. */
  readonly rssMB: number;
  /** Memory that the second half of the updates added. */
  readonly grownMB: number;
}

const [members, bufferSize, updates] = process.argv.slice(2, 5).map(Number) as [number, number, number];
const [where, root, robust] = process.argv.slice(5) as [string, string, 'auto' | 'none' | 'trust'];

const federation = 'intake';
/** Updates that are in flight at the same time. */
const underWay = 10;
/** Updates that are encoded together, outside the measured time. They begin with the same version. */
const batchSize = 100;
const warmUp = 1_000;

const task = parseTask({
  name: 'intake',
  input: {
    channels: ['ax', 'ay', 'az', 'gx', 'gy', 'gz'].map((name) => ({ name })),
    rateHz: 50,
    length: 128,
    hop: 64,
  },
  labels: ['a', 'b', 'c', 'd', 'e', 'f'],
  model: { preset: 'cnn1d', size: 'S' },
  aggregation: { bufferSize, robust },
  encoding: { update: 'int8' },
});
const layout = parameterLayout(taskModel(task));
const plan = densePlan(layout, 32);
const nameOf = (member: number) => `gateway-${String(member).padStart(5, '0')}`;

let sequence = 0;
const bytesOf = (member: number, body: Body) =>
  encodeMessage({ federation, sender: nameOf(member % members), sequence: sequence++ }, body);

function hello(member: number): Uint8Array {
  return bytesOf(member, {
    type: 'hello',
    budgetBytes: 256 * 1024,
    instance: 'i',
    software: 'bench',
    modelKey: '',
  });
}

const random = new SeededRandom(7);
/** The values are small enough that the model stays finite after any number of updates. Each delta is rounded once. */
const deltas = Array.from({ length: 8 }, () => ({
  encoding: 'int8' as const,
  values: Float32Array.from({ length: layout.size }, () => (random.uniform() - 0.5) / 1000),
}));

function update(number: number, lineage: string, baseVersion: number): Uint8Array {
  return bytesOf(number, {
    type: 'update',
    id: random.hex(8),
    lineage,
    baseVersion,
    plan,
    delta: deltas[number % deltas.length] as Tensor,
    samples: 200,
    steps: 7,
    variance: 0.5,
    lossBefore: 0.5,
    lossAfter: 0.4,
    durationMs: 1000,
    peakBytes: 100_000,
  });
}

async function main(): Promise<IntakeMeasurement> {
  const folder = where === 'disk' ? await mkdtemp(join(root || tmpdir(), 'ftte-intake-')) : undefined;
  const broker = new MemoryBroker();
  const transport = new MemoryTransport(broker);
  const session = new TransportSession({ transport, federation, id: 'hub', clock: systemClock, random });
  session.start();
  transport.open();
  const coordinator = new Coordinator({
    session,
    task,
    folder,
    random,
    yieldToEventLoop: yieldToEventLoop,
    claimWaitMs: 0,
    onConnection: (listener) => transport.onState(listener),
  });
  // A node listens to the status, too.
  let states = 0;
  coordinator.on('status', () => states++);
  coordinator.on('problem', (error) => {
    console.error(error);
    process.exit(1);
  });
  const gateways = new MemoryTransport(broker);
  gateways.open();
  let acknowledged = 0;
  let settled: (() => void) | undefined;
  await gateways.subscribe(`ftte/v1/${federation}/to/+/ack`, () => {
    acknowledged++;
    if (acknowledged % underWay === 0) settled?.();
  });
  // While only timers of the coordinator wait, nothing else keeps the process alive.
  const hold = setInterval(() => undefined, 1_000);
  await coordinator.start();
  for (let member = 0; member < members; member++) coordinator.receive(hello(member));

  const { lineage } = coordinator.status;
  let sent = 0;
  let cpuMicroseconds = 0;
  let wallMs = 0;
  const feed = async (count: number) => {
    for (let left = count; left > 0; left -= batchSize) {
      const base = coordinator.export('current').version;
      const messages = Array.from({ length: batchSize }, () => update(sent++, lineage, base));
      const cpu = process.cpuUsage();
      const start = performance.now();
      for (let at = 0; at < messages.length; at += underWay) {
        const all = new Promise<void>((resolve) => {
          settled = resolve;
        });
        for (const message of messages.slice(at, at + underWay)) coordinator.receive(message);
        await all;
      }
      wallMs += performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      cpuMicroseconds += user + system;
    }
  };
  await feed(warmUp);
  cpuMicroseconds = 0;
  wallMs = 0;
  const half = Math.ceil(updates / 2 / batchSize) * batchSize;
  await feed(half);
  const halfBytes = process.memoryUsage.rss();
  await feed(half);
  const rss = process.memoryUsage.rss();

  const { accepted, version, rejected } = coordinator.status;
  const expected = warmUp + 2 * half;
  if (accepted !== expected || version < Math.floor(expected / bufferSize) - 1 || states === 0) {
    throw new Error(`${accepted} of ${expected} accepted, version ${version}: ${JSON.stringify(rejected)}`);
  }
  clearInterval(hold);
  await coordinator.stop();
  await session.stop();
  await Promise.all([transport.close(), gateways.close()]);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  return {
    cpuMsPerUpdate: cpuMicroseconds / 1000 / (2 * half),
    updatesPerSecond: (2 * half) / (wallMs / 1000),
    rssMB: rss / 2 ** 20,
    grownMB: (rss - halfBytes) / 2 ** 20,
  };
}

main().then(
  (result) => console.log(JSON.stringify(result)),
  (error) => {
    console.error(error);
    // The interval of `main` may still keep the process alive.
    process.exit(1);
  },
);
