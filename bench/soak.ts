import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Random, SeededRandom } from '../gateway/platform';
import { readBooks } from './support/soak/soak-books';
import { brokerId, gatewayIds, SoakFleet } from './support/soak/soak-fleet';
import { coordinatorId } from './support/soak/soak-types';
import { SoakWatch } from './support/soak/soak-watch';
import { textTable } from './support/text-table';

/** `npm run bench:soak`: does anything get lost when everything fails? */
const usage = `A coordinator and three gateways, each a process of its own, over a real broker, while all of it fails: broker, coordinator
and gateways are killed, the coordinator also in the middle of its writes; connections are cut or go silent; messages
come late, twice and in another order; the disk is full or read-only; clocks jump. Then a quiet time, in which memory
is measured, and the books are held against each other. Ends with code 1 where anything does not fit.

  npm run bench:soak -- [--minutes N] [--seed N] [--granted] [--keep] [--json]

  --minutes N  of trouble, and a third of that again in quiet (default 3)
  --seed N     what happens when (default 1)
  --granted    rounds are granted by the coordinator
  --keep       leaves the folders where they are
`;

/** Heap that a process may have gained over the quiet time; versions and samples it may hold are all there before. */
const mostGrowth = 3 * 1024 * 1024;

type Trouble = (fleet: SoakFleet, random: Random) => void | Promise<void>;
const anyOf = <T>(list: readonly T[], random: Random): T => list[random.integer(list.length)]!;

const troubles: Readonly<Record<string, Trouble>> = {
  'broker killed': (fleet) => fleet.kill(brokerId),
  'coordinator killed': (fleet) => fleet.kill(coordinatorId),
  'gateway killed': (fleet, random) => fleet.kill(anyOf(gatewayIds, random)),
  'connection cut': (fleet, random) => fleet.links.get(anyOf([coordinatorId, ...gatewayIds], random))?.cut(),
  'connection silent': (fleet, random) =>
    fleet.links.get(anyOf([coordinatorId, ...gatewayIds], random))?.freeze(),
  'disk full or read-only': async (fleet, random) => {
    fleet.send(coordinatorId, { kind: 'disk', code: anyOf(['ENOSPC', 'EROFS', 'EIO'], random) });
    await pause(500 + random.integer(4_000));
    fleet.send(coordinatorId, { kind: 'disk', code: undefined });
  },
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      granted: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0)) throw new Error(`--minutes wants a number above 0, got ${values.minutes}`);
  const random = new SeededRandom(seed);
  const faults: string[] = [];
  const failed = (what: string) => {
    faults.push(what);
    process.stderr.write(`WRONG: ${what}\n`);
  };
  const folder = mkdtempSync(join(tmpdir(), 'ftte-soak-'));
  const port = await freePort();
  const watch = new SoakWatch(port, failed);
  const fleet = new SoakFleet(
    port,
    folder,
    values.granted,
    random,
    (id, message) => watch.hear(id, message),
    failed,
  );
  const counts: Record<string, number> = {};
  try {
    await fleet.start();
    await watch.start();
    await trouble(fleet, random, minutes * 60_000, counts);
    const growth = await quiet(fleet, random, (minutes * 60_000) / 3, failed);
    await settle(fleet, failed);
    await fleet.stop();
    await watch.stop();
    const books = readBooks(folder, gatewayIds, failed);
    const result = {
      minutes,
      seed,
      granted: values.granted,
      troubles: counts,
      starts: Object.fromEntries(fleet.starts),
      versions: watch.newest,
      ...books,
      heapGrowth: growth,
      wrong: faults,
    };
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else process.stdout.write(`${tableOf(result)}\n`);
  } finally {
    fleet.abandon();
    if (values.keep) process.stderr.write(`kept: ${folder}\n`);
    else rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = faults.length > 0 ? 1 : 0;
}

async function trouble(
  fleet: SoakFleet,
  random: Random,
  durationMs: number,
  counts: Record<string, number>,
): Promise<void> {
  const end = Date.now() + durationMs;
  while (Date.now() < end) {
    await pause(500 + random.integer(4_000));
    const what = anyOf(Object.keys(troubles), random);
    counts[what] = (counts[what] ?? 0) + 1;
    process.stderr.write(`${what}\n`);
    await troubles[what]?.(fleet, random);
  }
}

/** Nothing dies any more, connections do. @returns bytes that the heap of each process has gained */
async function quiet(
  fleet: SoakFleet,
  random: Random,
  durationMs: number,
  failed: (what: string) => void,
): Promise<Record<string, number>> {
  fleet.troubled = false;
  // One that was told when to die must not die now.
  fleet.kill(coordinatorId);
  const ids = [coordinatorId, ...gatewayIds];
  const heaps = async () =>
    new Map(await Promise.all(ids.map(async (id) => [id, await fleet.heap(id)] as const)));
  await pause(Math.min(15_000, durationMs / 2));
  const before = await heaps();
  const end = Date.now() + durationMs;
  while (Date.now() < end) {
    await pause(3_000);
    fleet.links.get(anyOf(ids, random))?.cut();
  }
  const growth: Record<string, number> = {};
  for (const [id, bytes] of await heaps()) {
    growth[id] = bytes - (before.get(id) ?? 0);
    if (growth[id] > mostGrowth) failed(`the heap of ${id} grew by ${growth[id]} bytes`);
  }
  return growth;
}

/** No more samples: what is made must come to an end. */
async function settle(fleet: SoakFleet, failed: (what: string) => void): Promise<void> {
  for (const id of [coordinatorId, ...gatewayIds]) fleet.send(id, { kind: 'calm' });
  const end = Date.now() + 90_000;
  const waits = () => [...fleet.outbox.values()].reduce((sum, count) => sum + count, 0);
  do await pause(2_000);
  while (waits() > 0 && Date.now() < end);
  if (waits() > 0) failed(`${waits()} updates still wait`);
}

function tableOf(result: Readonly<Record<string, unknown>>): string {
  const cells = Object.entries(result).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
  return textTable(['what', 'how much'], cells, 2);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
    server.once('error', reject);
  });
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
