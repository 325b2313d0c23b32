import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { textTable } from '../bench/support/text-table';
import { type Random, SeededRandom } from '../gateway/platform';
import { readBooks } from './soak/soak-books';
import { brokerId, gatewayIds, SoakFleet } from './soak/soak-fleet';
import { coordinatorId } from './soak/soak-types';
import { SoakWatch } from './soak/soak-watch';

/** `npm run bench:soak`: does anything get lost when everything fails? */
const usage = `A coordinator and three gateways, each a process of its own, over a real broker, while all of it fails: broker, coordinator
and gateways are killed, the coordinator also in the middle of its writes; connections are cut or go silent; messages
come late, twice and in another order; the disk is full or read-only; clocks jump. Then a quiet time, in which memory
is measured, and the books are held against each other. Ends with code 1 where anything does not fit.

  npm run bench:soak -- [--minutes N] [--quiet N] [--seed N] [--granted] [--keep] [--json]

  --minutes N  of trouble (default 3)
  --quiet N    minutes after it, in which memory is measured (default 1)
  --seed N     what happens when (default 1)
  --granted    rounds are granted by the coordinator
  --keep       leaves the folders where they are
`;

/** Heap that a process may have gained over the quiet time; versions and samples it may hold are all there before. */
const mostGrowth = 3 * 1024 * 1024;
/** Parts of the quiet time, with a look at the heap before and after each. */
const measurements = 4;

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
      quiet: { type: 'string', default: '1' },
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
  const [minutes, quietMinutes, seed] = [values.minutes, values.quiet, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  if (!(minutes > 0 && quietMinutes > 0))
    throw new Error(`--minutes and --quiet want numbers above 0, got ${values.minutes} and ${values.quiet}`);
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
    const heaps = await quiet(fleet, random, quietMinutes * 60_000, failed);
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
      heaps,
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

/** Nothing dies any more, connections do. @returns bytes on the heap of each process, at equal distances in time */
async function quiet(
  fleet: SoakFleet,
  random: Random,
  durationMs: number,
  failed: (what: string) => void,
): Promise<Record<string, number[]>> {
  fleet.troubled = false;
  // One that was told when to die must not die now.
  fleet.kill(coordinatorId);
  const ids = [coordinatorId, ...gatewayIds];
  const heaps: Record<string, number[]> = Object.fromEntries(ids.map((id) => [id, []]));
  const measure = async () => {
    for (const id of ids) heaps[id]?.push(await fleet.heap(id));
  };
  // Until code is compiled and stores are full.
  await pause(Math.min(30_000, durationMs / 2));
  for (let part = 0; part < measurements; part++) {
    await measure();
    const end = Date.now() + durationMs / measurements;
    while (Date.now() < end) {
      await pause(Math.min(3_000, durationMs / measurements));
      fleet.links.get(anyOf(ids, random))?.cut();
    }
  }
  await measure();
  for (const [id, bytes] of Object.entries(heaps)) {
    const growth = (bytes.at(-1) ?? 0) - (bytes[0] ?? 0);
    if (growth > mostGrowth) failed(`the heap of ${id} grew by ${growth} bytes: ${bytes}`);
  }
  return heaps;
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
