import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Random, SeededRandom } from '../gateway/platform';
import { readBooks } from './soak/soak-books';
import { brokerId, gatewayIds, SoakFleet } from './soak/soak-fleet';
import { coordinatorId } from './soak/soak-types';
import { SoakWatch } from './soak/soak-watch';
import { freePort } from './support/free-port';

/** `npm run bench:soak` checks that a federation loses nothing while everything fails. */
const usage = `Runs a coordinator and three gateways in processes of their own over a real broker, while all of it fails: broker,
coordinator and gateways are killed, the coordinator also in the middle of its writes; connections are cut or go silent;
messages come late, twice and in another order; the disk is full or read-only; clocks jump. Then it measures memory in a
quiet phase, and compares the books of the gateways with those of the coordinator. It ends with code 1 if they differ.

  npm run bench:soak -- [--minutes N] [--quiet N] [--seed N] [--granted] [--keep] [--json]

  --minutes N  minutes with faults (default 3)
  --quiet N    minutes without faults, in which memory is measured (default 1)
  --seed N     seed of the faults (default 1)
  --granted    let the coordinator grant rounds
  --keep       keep the folders
`;

/** Most growth of a heap over the quiet phase; caches of versions and samples are full before. */
const maxGrowth = 3 * 1024 * 1024;
/** Parts of the quiet phase; the heap is measured before and after each. */
const measurements = 4;

type Fault = (fleet: SoakFleet, random: Random) => void | Promise<void>;
const anyOf = <T>(list: readonly T[], random: Random): T => list[random.integer(list.length)]!;

const faults: Readonly<Record<string, Fault>> = {
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
  const wrong: string[] = [];
  const failed = (what: string) => {
    wrong.push(what);
    process.stderr.write(`FAULT: ${what}\n`);
  };
  const folder = mkdtempSync(join(tmpdir(), 'ftte-soak-'));
  const port = await freePort();
  const watch = new SoakWatch(port, failed);
  const fleet = new SoakFleet(
    port,
    folder,
    values.granted,
    random,
    (_id, message) => watch.receive(message),
    failed,
  );
  const counts: Record<string, number> = {};
  try {
    await fleet.start();
    await watch.start();
    await injectFaults(fleet, random, minutes * 60_000, counts);
    const heaps = await quiet(fleet, random, quietMinutes * 60_000, failed);
    await settle(fleet, failed);
    await fleet.stop();
    await watch.stop();
    const books = readBooks(folder, gatewayIds, failed);
    const result = {
      minutes,
      seed,
      granted: values.granted,
      faults: counts,
      starts: Object.fromEntries(fleet.starts),
      versions: watch.newest,
      ...books,
      heaps,
      wrong,
    };
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else process.stdout.write(`${tableOf(result)}\n`);
  } finally {
    fleet.abandon();
    if (values.keep) process.stderr.write(`kept: ${folder}\n`);
    else rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

/** Injects faults at random times. */
async function injectFaults(
  fleet: SoakFleet,
  random: Random,
  durationMs: number,
  counts: Record<string, number>,
): Promise<void> {
  const end = Date.now() + durationMs;
  while (Date.now() < end) {
    await pause(500 + random.integer(4_000));
    const what = anyOf(Object.keys(faults), random);
    counts[what] = (counts[what] ?? 0) + 1;
    process.stderr.write(`${what}\n`);
    await faults[what]?.(fleet, random);
  }
}

/** Cuts connections, but kills no process. @returns bytes on the heap of each process, at equal distances in time */
async function quiet(
  fleet: SoakFleet,
  random: Random,
  durationMs: number,
  failed: (what: string) => void,
): Promise<Record<string, number[]>> {
  fleet.faulty = false;
  // The coordinator may have orders to kill itself, so it starts again without them.
  fleet.kill(coordinatorId);
  const ids = [coordinatorId, ...gatewayIds];
  const heaps: Record<string, number[]> = Object.fromEntries(ids.map((id) => [id, []]));
  const measure = async () => {
    for (const id of ids) heaps[id]?.push(await fleet.heap(id));
  };
  // Time to compile code and to fill stores.
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
    if (growth > maxGrowth) failed(`the heap of ${id} grew by ${growth} bytes: ${bytes}`);
  }
  return heaps;
}

/** Stops the samples, and waits until every update is answered. */
async function settle(fleet: SoakFleet, failed: (what: string) => void): Promise<void> {
  for (const id of [coordinatorId, ...gatewayIds]) fleet.send(id, { kind: 'calm' });
  const end = Date.now() + 90_000;
  const waiting = () => [...fleet.outbox.values()].reduce((sum, count) => sum + count, 0);
  do await pause(2_000);
  while (waiting() > 0 && Date.now() < end);
  if (waiting() > 0) failed(`${waiting()} updates still wait`);
}

function tableOf(result: Readonly<Record<string, unknown>>): string {
  return Object.entries(result)
    .map(([name, value]) => `${name.padEnd(14)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('\n');
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
